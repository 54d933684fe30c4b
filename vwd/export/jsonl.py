"""The documented layout: videos in a folder, and JSONL files of prompts that point at them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from vwd.export.folder import ExportResult, export_folder
from vwd.export.metadata import read_prompts
from vwd.export.selection import select
from vwd.shards.members import TASKS
from vwd.shards.paths import OutputPaths


def export_jsonl(
    paths: OutputPaths,
    base_dir: Path,
    tasks: Sequence[str] = TASKS,
    start_idx: int = 0,
    num_samples: int | None = None,
    on_sample: Callable[[], None] = lambda: None,
    check: bool = True,
    shards: Sequence[int] | None = None,
) -> ExportResult:
    """Unpacks videos to `<base>/<dataset>/video/`, and writes JSONL files of `video_path` and `prompt`.

    One pair of files a shard; with `start_idx` or `num_samples`, one pair for that slice of rows. An existing file
    of the same size (a video) or with the same content (a JSONL) is left alone.

    Args:
        shards: the numbers of the only shards to take from; None for all.
        check: compare each tar with the sha256 of its ledger entry.

    Raises:
        ShardError: a tar is not the one of its ledger entry, or has members that no shard should have; nothing was
            taken from it.
        UsageError: the base folder's name is not UTF-8.
        OutputError: no shard holds rows of the slice, or the base folder cannot be written.
    """
    selection = select(paths, start_idx, num_samples, shards, check=check)
    with export_folder(base_dir, paths, named_in_files=True) as folder:
        for part in selection.by_shard():
            names = [f"{paths.dataset}_{task}_video_data_{part.start}.jsonl" for task in tasks]
            with folder.listings(names) as files:
                for sample, prompts in selection.samples(part, partial(read_prompts, tasks=tasks)):
                    video = folder.unpack(sample)
                    for file, task in zip(files, tasks, strict=True):
                        file.write(_line(video, prompts[task]))
                    on_sample()
    return folder.result(selection)


def _line(video: Path, prompt: str) -> bytes:
    return (json.dumps({"video_path": str(video), "prompt": prompt}, ensure_ascii=False) + "\n").encode()

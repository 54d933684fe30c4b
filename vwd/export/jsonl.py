"""The documented layout: videos in a folder, and JSONL files of prompts that point at them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from vwd.export.folder import ExportResult
from vwd.export.layouts import DOCUMENTED
from vwd.export.writer import export_layout
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

    Raises: as `vwd.export.writer.export_layout`.
    """
    result = export_layout(paths, base_dir, DOCUMENTED, tasks, start_idx, num_samples, on_sample, check, shards)
    return result.plain()

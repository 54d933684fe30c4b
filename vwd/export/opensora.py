"""For Open-Sora's trainer: videos in a folder, and one CSV that lists them with their dimensions."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from vwd.export.folder import ExportResult, export_folder
from vwd.export.metadata import read_prompts, read_storyboard
from vwd.export.selection import select
from vwd.shards.members import TASKS
from vwd.shards.paths import OutputPaths
from vwd.shards.reader import StoredSample
from vwd.shards.storyboard_json import StoryboardRecord

# As its data tools name them; aspect_ratio is height by width, resolution is height times width.
COLUMNS = ("path", "id", "text", "num_frames", "height", "width", "aspect_ratio", "fps", "resolution")


def export_opensora(
    paths: OutputPaths,
    base_dir: Path,
    tasks: Sequence[str] = TASKS,
    start_idx: int = 0,
    num_samples: int | None = None,
    on_sample: Callable[[], None] = lambda: None,
    check: bool = True,
) -> ExportResult:
    """Unpacks videos to `<base>/<dataset>/video/`, and writes `<dataset>_<task>_opensora_<start_idx>.csv`.

    The trainer takes one CSV, so that one holds all shards' rows, or those of the slice; there is one for each task,
    whose prompt is the text.

    Args:
        check: compare each tar with the sha256 of its ledger entry.

    Raises:
        ShardError: a tar is not the one of its ledger entry, or has members that no shard should have; nothing was
            taken from it.
        UsageError: the base folder's name is not UTF-8.
        OutputError: no shard holds rows of the slice, or the base folder cannot be written.
    """

    def extract(sample: StoredSample) -> tuple[dict[str, str], StoryboardRecord]:
        return read_prompts(sample, tasks), read_storyboard(sample)

    selection = select(paths, start_idx, num_samples, check=check)
    with export_folder(base_dir, paths, named_in_files=True) as folder:
        for part in selection.together():
            names = [f"{paths.dataset}_{task}_opensora_{part.start}.csv" for task in tasks]
            with folder.listings(names) as files:
                for file in files:
                    file.write(_line(COLUMNS))
                for sample, (prompts, record) in selection.samples(part, extract):
                    video = folder.unpack(sample)
                    for file, task in zip(files, tasks, strict=True):
                        file.write(_line(_columns(video, sample.key, prompts[task], record)))
                    on_sample()
    return folder.result(selection)


def _columns(video: Path, key: str, text: str, record: StoryboardRecord) -> tuple[str | int | float, ...]:
    height, width = record.storyboard.height, record.storyboard.width
    return str(video), key, text, record.storyboard.frames, height, width, height / width, record.fps, height * width


def _line(values: Sequence[str | int | float]) -> bytes:
    # Every text in quotes: not every version of Python would quote a lone carriage return, for example.
    line = io.StringIO(newline="")
    csv.writer(line, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerow(values)
    return line.getvalue().encode()

"""For Open-Sora's trainer: videos in a folder, and one CSV that names them with their measures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from vwd.export.selection import select
from vwd.export.told import Facts, read_facts, read_prompts
from vwd.export.unpack import ExportResult, export_folder
from vwd.shards.members import TASKS
from vwd.shards.paths import OutputPaths
from vwd.shards.read import StoredSample

# As its data tools name them; aspect_ratio is height by width, resolution is height times width.
COLUMNS = ("path", "id", "text", "num_frames", "height", "width", "aspect_ratio", "fps", "resolution")


def export_opensora(
    paths: OutputPaths,
    base_dir: Path,
    tasks: Sequence[str] = TASKS,
    start_idx: int = 0,
    num_samples: int | None = None,
    on_sample: Callable[[], None] = lambda: None,
) -> ExportResult:
    """Unpacks videos to `<base>/<dataset>/video/`, and writes `<dataset>_<task>_opensora_<start_idx>.csv`.

    The trainer takes one CSV, so all shards' rows are in one, or those of the slice; one for each task, whose
    prompt is the text.

    Raises:
        ShardError: a tar has members that no shard should have; nothing was taken from it.
        OutputError: no shard holds rows of the slice, or the base folder cannot be written.
    """

    def look(sample: StoredSample) -> tuple[dict[str, str], Facts]:
        return read_prompts(sample, tasks), read_facts(sample)

    selection = select(paths, start_idx, num_samples)
    with export_folder(base_dir, paths.dataset) as folder:
        for part in selection.together():
            names = [f"{paths.dataset}_{task}_opensora_{part.start}.csv" for task in tasks]
            with folder.listings(names) as files:
                for file in files:
                    file.write(_line(COLUMNS))
                for sample, (prompts, facts) in selection.samples(part, look):
                    video = folder.unpack(sample)
                    for file, task in zip(files, tasks, strict=True):
                        file.write(_line(_record(video, sample.key, prompts[task], facts)))
                    on_sample()
    return folder.result(selection)


def _record(video: Path, key: str, text: str, facts: Facts) -> tuple[str | int | float, ...]:
    height, width = facts.height, facts.width
    return str(video), key, text, facts.frames, height, width, height / width, facts.fps, height * width


def _line(values: Sequence[str | int | float]) -> bytes:
    # Every text in quotes: a lone carriage return, for one, is not quoted by every version of Python else.
    line = io.StringIO(newline="")
    csv.writer(line, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerow(values)
    return line.getvalue().encode()

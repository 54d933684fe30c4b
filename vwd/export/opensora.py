"""For Open-Sora's trainer: videos in a folder, and one CSV that lists them with their dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from vwd.export.folder import ExportResult
from vwd.export.layouts import OPENSORA_COLUMNS, OPENSORA_CSV
from vwd.export.writer import export_layout
from vwd.shards.members import TASKS
from vwd.shards.paths import OutputPaths

COLUMNS = OPENSORA_COLUMNS


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

    Raises: as `vwd.export.writer.export_layout`.
    """
    result = export_layout(paths, base_dir, OPENSORA_CSV, tasks, start_idx, num_samples, on_sample, check)
    return result.plain()

"""For Open-Sora's trainer: videos in a folder, and one CSV that lists them with their dimensions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vwd.export.folder import ExportResult
from vwd.export.layouts import OPENSORA_COLUMNS, OPENSORA_CSV
from vwd.export.options import ALL, ExportOptions
from vwd.export.writer import export_layout
from vwd.shards.paths import OutputPaths

COLUMNS = OPENSORA_COLUMNS


def export_opensora(
    paths: OutputPaths,
    base_dir: Path,
    options: ExportOptions = ALL,
    on_sample: Callable[[], None] = lambda: None,
) -> ExportResult:
    """Unpacks videos to `<base>/<dataset>/video/`, and writes `<dataset>_<task>_opensora_<start_idx>.csv`.

    The trainer takes one CSV, so that one holds all shards' rows, or those of the slice; there is one for each task,
    whose prompt is the text.

    Raises: as `vwd.export.writer.export_layout`.
    """
    return export_layout(paths, base_dir, OPENSORA_CSV, options, on_sample).plain()

"""The documented layout: videos in a folder, and JSONL files of prompts that point at them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vwd.export.folder import ExportResult
from vwd.export.layouts import DOCUMENTED
from vwd.export.options import ALL, ExportOptions
from vwd.export.writer import export_layout
from vwd.shards.paths import OutputPaths


def export_jsonl(
    paths: OutputPaths,
    base_dir: Path,
    options: ExportOptions = ALL,
    on_sample: Callable[[], None] = lambda: None,
) -> ExportResult:
    """Unpacks videos to `<base>/<dataset>/video/`, and writes JSONL files of `video_path` and `prompt`.

    One pair of files a shard; with `start_idx` or `num_samples`, one pair for that slice of rows. An existing file
    of the same size (a video) or with the same content (a JSONL) is left alone.

    Raises: as `vwd.export.writer.export_layout`.
    """
    return export_layout(paths, base_dir, DOCUMENTED, options, on_sample).plain()

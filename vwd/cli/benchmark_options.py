"""Options that `vwd prepare` and `vwd recipe` share: where images and downloads go, and Parquet beside the JSONL."""

from __future__ import annotations

import click

from vwd.cli.command import F, LocalPath

_OPTIONS = (
    click.option(
        "--image-dir", type=LocalPath(file_okay=False),
        help="Gets <dataset>/ with its images.  "
        "[default: data/images beside data/processed, else images in the output]",
    ),
    click.option(
        "--raw-root", type=LocalPath(file_okay=False), default="data/raw", show_default=True,
        help="Where <dataset>/ is looked for, and downloads are kept.",
    ),
    click.option("--export-parquet", is_flag=True, help="Write Parquet beside the JSONL.  [default: off]"),
)  # fmt: skip


def benchmark_options(command: F) -> F:
    """Gives a command `image_dir`, `raw_root` and `export_parquet`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command

"""`vwd meta scan`: a folder of videos as a table."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, echo, json_option, print_json
from vwd.cli.meta.common import TABLE


@click.command(cls=VwdCommand)
@click.argument("folder")
@click.option(
    "--output", type=TABLE, default="meta.csv", show_default=True, help="Where the table goes, .csv or .parquet."
)
@json_option
def scan(folder: str, output: Path, as_json: bool) -> None:
    """List the videos of FOLDER and the folders in it: .mp4, .avi, .mov and .mkv, in sorted order.

    The table has path, which begins with FOLDER as given, id and relpath.
    """
    scan_folder(folder, output, as_json)


def scan_folder(folder: str, output: Path, as_json: bool = False) -> None:
    """Scans, and tells how many there are."""
    from vwd.meta.scan import scan

    count = scan(folder, output)
    if as_json:
        print_json({"output": str(output), "videos": count})
    else:
        echo(f"{output}: {count:,} videos")

"""`python -m tools.datasets.convert video FOLDER --output meta.csv`: as `vwd meta scan`."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand
from vwd.cli.meta.scan import scan_folder


@click.command(cls=VwdCommand)
@click.argument("kind", type=click.Choice(["video"]))
@click.argument("folder")
@click.option("--output", type=click.Path(path_type=Path), default="videos.csv", show_default=True, help="The table.")
def main(kind: str, folder: str, output: Path) -> None:
    """List the videos of FOLDER in a table. KIND is video."""
    scan_folder(folder, output)


if __name__ == "__main__":
    main()

"""`python -m tools.scene_cut.scene_detect TABLE`: as `vwd meta scenes`."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand
from vwd.cli.meta.common import workers_option
from vwd.cli.meta.scenes import find_scenes


@click.command(cls=VwdCommand)
@click.argument("table", type=click.Path(path_type=Path))
@workers_option
def main(table: Path, workers: int | None) -> None:
    """Find the cuts in the videos of TABLE."""
    find_scenes(table, workers=workers)


if __name__ == "__main__":
    main()

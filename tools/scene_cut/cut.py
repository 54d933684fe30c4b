"""`python -m tools.scene_cut.cut TABLE --save_dir CLIPS`: as `vwd meta cut`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vwd.cli.command import VwdCommand
from vwd.cli.meta.cut import cut_table, form_options


@click.command(cls=VwdCommand)
@click.argument("table", type=click.Path(path_type=Path))
@form_options
@click.pass_context
def main(ctx: click.Context, /, table: Path, **options: Any) -> None:
    """Cut the videos of TABLE into a clip a scene."""
    cut_table(ctx, table, **options)


if __name__ == "__main__":
    main()

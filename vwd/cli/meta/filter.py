"""`vwd meta filter`: rows that are good enough."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import Real, VwdCommand, json_option
from vwd.cli.meta.common import TABLE, transform_tables


@click.command(cls=VwdCommand, name="filter")
@click.argument("tables", nargs=-1, required=True)
@click.option("--fmin", type=click.IntRange(0), help="Drop videos of fewer frames.  [default: keep all]")
@click.option("--aesmin", type=Real(), help="Drop videos of a lower score, and those without.  [default: keep all]")
@click.option("--output", type=TABLE, help="Where the table goes.  [default: <table>_fminN_aesminX.csv]")
@json_option
def filter_(
    tables: tuple[str, ...], fmin: int | None, aesmin: float | None, output: Path | None, as_json: bool
) -> None:
    """Keep the rows of TABLES that have enough frames and a high enough score."""
    from vwd.meta.transform import Steps

    transform_tables(tables, Steps(fmin=fmin, aesmin=aesmin), output, as_json=as_json)

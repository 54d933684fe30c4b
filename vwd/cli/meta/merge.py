"""`vwd meta merge`: the parts that several processes wrote, as one table."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, json_option
from vwd.cli.meta.common import TABLE, transform_tables


@click.command(cls=VwdCommand)
@click.argument("tables", nargs=-1, required=True)
@click.option("--output", type=TABLE, required=True, help="Where the table goes, .csv or .parquet.")
@json_option
def merge(tables: tuple[str, ...], output: Path, as_json: bool) -> None:
    """Join TABLES (patterns may stand in quotes): every column, and every path once.

    Parts come in the order of their numbers: part2 before part10.
    """
    from vwd.meta.transform import Steps

    transform_tables(tables, Steps(), output, as_json=as_json)

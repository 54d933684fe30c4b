"""`vwd meta info`: the measures of a table's videos."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, json_option
from vwd.cli.meta.common import TABLE, transform_tables, workers_option


@click.command(cls=VwdCommand)
@click.argument("tables", nargs=-1, required=True)
@click.option("--check", is_flag=True, help="Decode every video to count its frames.  [default: off]")
@click.option("--fmin", type=click.IntRange(0), help="Drop videos of fewer frames.  [default: keep all]")
@click.option("--output", type=TABLE, help="Where the table goes.  [default: <table>_info[_fminN].csv]")
@workers_option
@json_option
def info(
    tables: tuple[str, ...], check: bool, fmin: int | None, output: Path | None, workers: int | None, as_json: bool
) -> None:
    """Add frames, height, width, aspect ratio, frame rate and resolution to TABLES.

    By the videos' headers, which may promise more than the file holds; --check counts what can be decoded. A video
    that cannot be opened has 0 frames. What was dropped or is in doubt stands in <output>.dropped.jsonl.
    Running it again after an interruption resumes.
    """
    from vwd.meta.transform import Steps

    transform_tables(tables, Steps(info=True, check=check, fmin=fmin), output, workers, as_json)

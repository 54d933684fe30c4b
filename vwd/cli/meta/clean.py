"""`vwd meta clean`: captions as training texts."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, json_option
from vwd.cli.meta.common import TABLE, transform_tables


@click.command(cls=VwdCommand)
@click.argument("tables", nargs=-1, required=True)
@click.option("--refine/--no-refine", default=True, show_default=True, help='Cut "The video shows" and the like.')
@click.option("--t5", is_flag=True, help="By the rules of T5 models: lower case, no Chinese.  [default: off]")
@click.option("--keep-empty", is_flag=True, help="Keep rows without a caption.  [default: off]")
@click.option("--output", type=TABLE, help="Where the table goes.  [default: <table>_noempty_llm_clean.csv]")
@json_option
def clean(
    tables: tuple[str, ...], refine: bool, t5: bool, keep_empty: bool, output: Path | None, as_json: bool
) -> None:
    """Clean the captions of TABLES (their column text): no prefixes, markup, addresses or line breaks.

    Chinese, numbers, sizes and formulas stay, but for --t5.
    """
    from vwd.meta.transform import Steps

    transform_tables(
        tables, Steps(remove_empty=not keep_empty, refine=refine, clean=True, t5=t5), output, as_json=as_json
    )

"""`vwd slurm finish`: what the last job of a submission runs."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, echo, json_option, output_argument, print_json
from vwd.cli.slurm.outputs import submitted


@click.command(cls=VwdCommand, hidden=True)
@output_argument
@json_option
@click.pass_context
def finish(ctx: click.Context, output: Path, as_json: bool) -> None:
    """Check the ledger of OUT, write its sidecars and summary, and report what is missing.

    OUT is a dataset's folder, or the base folder; the last job of a submission runs this.  [default: shards]
    """
    from vwd.slurm.finish import finish_submission

    results = [finish_submission(paths) for paths in submitted(output)]
    if as_json:
        print_json([one.to_json() for one in results])
    else:
        for one in results:
            echo("\n".join(one.lines()))
    if any(one.missing or one.torn for one in results):
        ctx.exit(1)

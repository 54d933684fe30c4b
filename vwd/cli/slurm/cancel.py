"""`vwd slurm cancel`: cancels an output's jobs."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, echo, json_option, output_argument, print_json
from vwd.cli.slurm.outputs import submitted


@click.command(cls=VwdCommand)
@output_argument
@json_option
def cancel(output: Path, as_json: bool) -> None:
    """Cancel the jobs that were submitted for OUT, and no others. Complete shards are kept.

    OUT is the base folder that shards were submitted to, or one dataset's folder in it.  [default: shards]
    """
    from vwd.slurm.cancel import cancel_jobs

    cancelled = [{"dataset": paths.dataset, "cancelled": cancel_jobs(paths)} for paths in submitted(output)]
    if as_json:
        print_json(cancelled)
        return
    for one in cancelled:
        echo(f"{one['dataset']}: cancelled {', '.join(one['cancelled']) or 'nothing: no job is queued'}")

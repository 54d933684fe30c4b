"""`vwd slurm retry`: submits what is missing."""

from __future__ import annotations

import os
from pathlib import Path

import click

from vwd.cli.command import VwdCommand, echo, json_option, output_argument
from vwd.cli.slurm.launch import Prepared, launch_options, limits_of, print_sbatch_lines, queue_all
from vwd.cli.slurm.outputs import submitted


@click.command(cls=VwdCommand)
@output_argument
@launch_options
@json_option
@click.pass_context
def retry(ctx: click.Context, output: Path, dry_run: bool, local: int | None, as_json: bool) -> None:
    """Submit the missing and torn shards of OUT again, except those that a live task holds.

    OUT is the base folder that shards were submitted to, or one dataset's folder in it.  [default: shards]
    Settings are those of the submission before, unless the environment or vwd.toml say otherwise.
    """
    from vwd.slurm.retry import plan_retry
    from vwd.slurm.submit import fewer_tasks_note

    everything = []
    limits = limits_of(local)
    for paths in submitted(output):
        again = plan_retry(paths, os.environ, Path.cwd(), limits)
        everything += [Prepared(paths, one, fewer_tasks_note(one, limits(one.settings))) for one in again.submissions]
        echo(
            f"{paths.dataset}: {len(again.shards):,} shards to pack again, {again.held:,} held by live tasks", err=True
        )
    if dry_run:
        print_sbatch_lines(everything)
    else:
        queue_all(ctx, everything, local, as_json)

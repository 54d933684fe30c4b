"""`vwd slurm task` and `vwd slurm finish`: what the jobs of a submission run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import cast

import click

from vwd.cli.command import VwdCommand, json_option, output_argument, show_json


@click.command(cls=VwdCommand, hidden=True)
@click.argument("submission", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("role", type=click.Choice(["pack", "export", "finish"]))
@click.option("--offset", type=click.IntRange(0), default=0, show_default=True, help="The array's first task.")
@click.option("--task", "number", type=click.IntRange(0), help="Which task.  [default: offset + the Slurm array's]")
def task(submission: Path, role: str, offset: int, number: int | None) -> None:
    """Become one task of a submission; this is what a job runs.

    SUBMISSION is its frozen file, and ROLE is pack, export or finish.
    """
    from vwd.shards.paths import OutputPaths
    from vwd.slurm.submission import Role, read_submission
    from vwd.slurm.task import array_index, become, task_arguments

    frozen = read_submission(submission)
    folder = submission.resolve().parent.parent
    which = 0 if role == "finish" else offset + array_index(os.environ) if number is None else number
    arguments = task_arguments(OutputPaths(folder.parent, folder.name), frozen, cast(Role, role), which)
    click.echo(f"{frozen.name}: {role} task {which} of {frozen.num_tasks}: vwd {' '.join(arguments)}", err=True)
    sys.stderr.flush()
    become(sys.executable, arguments, frozen, which)


@click.command(cls=VwdCommand, hidden=True)
@output_argument
@json_option
@click.pass_context
def finish(ctx: click.Context, output: Path, as_json: bool) -> None:
    """Check the ledger of OUT, write its indexes and summary, and say what is missing.

    OUT is a dataset's folder, or the base folder; the last job of a submission runs this.  [default: shards]
    """
    from vwd.index.index import write_index
    from vwd.slurm.finish import finish as close
    from vwd.slurm.paths import submitted_outputs

    results = [close(paths) for paths in submitted_outputs(output)]
    for one in results:
        if one.samples and not one.torn:
            write_index(one.paths)
        if not as_json:
            click.echo("\n".join(one.lines()))
    if as_json:
        show_json([one.to_json() for one in results])
    if not results or any(one.missing or one.torn for one in results):
        ctx.exit(1)

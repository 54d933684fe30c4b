"""`vwd slurm task`: what the jobs of a submission run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import cast

import click

from vwd.cli.command import LocalPath, VwdCommand, echo


@click.command(cls=VwdCommand, hidden=True)
@click.argument("submission", type=LocalPath(dir_okay=False))
@click.argument("role", type=click.Choice(["pack", "export", "finish"]))
@click.option("--offset", type=click.IntRange(0), default=0, show_default=True, help="The array's first task.")
@click.option("--task", "number", type=click.IntRange(0), help="Which task.  [default: offset + the Slurm array's]")
def task(submission: Path, role: str, offset: int, number: int | None) -> None:
    """Run one task of a submission in place of this process; this is what a job runs.

    SUBMISSION is its frozen file, and ROLE is pack, export or finish.
    """
    from vwd.shards.paths import output_at
    from vwd.slurm.frozen import read_submission
    from vwd.slurm.models import Role
    from vwd.slurm.task import array_index, exec_task, task_arguments
    from vwd.storage.regular import real_path

    frozen = read_submission(submission)
    folder = real_path(submission).parent.parent
    which = 0 if role == "finish" else offset + array_index(os.environ) if number is None else number
    arguments = task_arguments(output_at(folder), frozen, cast(Role, role), which)
    echo(f"{frozen.name}: {role} task {which} of {frozen.num_tasks}: vwd {' '.join(arguments)}", err=True)
    sys.stderr.flush()
    exec_task(sys.executable, arguments, frozen, which)

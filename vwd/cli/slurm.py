"""`vwd slurm`: packing on a Slurm cluster. Registers its verbs."""

from __future__ import annotations

import click

from vwd.cli.slurm_status import cancel, retry, status
from vwd.cli.slurm_submit import plan, submit
from vwd.cli.slurm_task import finish, task


@click.group()
def slurm() -> None:
    """Pack on a Slurm cluster: plan, submit, watch, retry, cancel.

    \b
    vwd slurm plan tinystories           tasks, hours, bytes and files
    vwd slurm submit tinystories         an array of tasks, each 'vwd pack' of its part
    vwd slurm status shards              the ledger and the queue in one table
    vwd slurm retry shards               only what is missing, once more
    vwd slurm cancel shards              this output's jobs
    """


for command in (plan, submit, status, retry, cancel, task, finish):
    slurm.add_command(command)

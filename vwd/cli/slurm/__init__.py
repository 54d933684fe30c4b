"""`vwd slurm`: packing on a Slurm cluster. Registers its verbs."""

from __future__ import annotations

import click

from vwd.cli.slurm.cancel import cancel
from vwd.cli.slurm.finish import finish
from vwd.cli.slurm.plan import plan
from vwd.cli.slurm.retry import retry
from vwd.cli.slurm.status import status
from vwd.cli.slurm.submit import submit
from vwd.cli.slurm.task import task


@click.group()
def slurm() -> None:
    """Pack on a Slurm cluster: plan, submit, watch, retry, cancel.

    \b
    vwd slurm plan tinystories           tasks, hours, bytes and files
    vwd slurm submit tinystories         an array of tasks, each running 'vwd pack' for its part
    vwd slurm status shards              the ledger and the queue in one table
    vwd slurm retry shards               submit only what is missing
    vwd slurm cancel shards              this output's jobs
    """


for command in (plan, submit, status, retry, cancel, task, finish):
    slurm.add_command(command)

"""`vwd slurm status`: the ledger and the queue in one table."""

from __future__ import annotations

import time
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vwd.cli.command import Real, VwdCommand, echo, json_option, output_argument, print_json
from vwd.cli.slurm.outputs import submitted

if TYPE_CHECKING:
    from vwd.slurm.status import SlurmStatus

_MOST_SHOWN = 20


@click.command(cls=VwdCommand)
@output_argument
@click.option("--watch", is_flag=True, help="Refresh until nothing is left to run.  [default: off]")
@click.option(
    "--interval",
    type=Real(0.1, 86_400),
    default=10.0,
    show_default=True,
    help="Seconds between refreshes, with --watch.",
)
@json_option
def status(output: Path, watch: bool, interval: float, as_json: bool) -> None:
    """Show the shards of OUT that are done, running, pending and failed, and why tasks failed.

    OUT is the base folder that shards were submitted to, or one dataset's folder in it.  [default: shards]
    The ledger is joined with squeue, and with sacct or scontrol; each may be missing.
    """
    from vwd.slurm.status import slurm_status

    if isnan(interval):  # neither above nor below the range
        raise click.BadParameter("nan is not a number of seconds", param_hint="--interval")
    while True:
        found = [slurm_status(paths) for paths in submitted(output)]
        if as_json:
            print_json([one.to_json() for one in found])
        else:
            _print_table(found)
        if not watch or all(one.over for one in found):
            return
        time.sleep(interval)


def _print_table(found: list[SlurmStatus]) -> None:
    from vwd.cli.progress import format_duration

    width = max(len("dataset"), *(len(one.dataset) for one in found))
    echo(f"{'dataset':{width}}  {'shards':>8}{'done':>8}{'running':>9}{'pending':>9}{'failed':>8}"
               f"{'samples/s':>11}  left")  # fmt: skip
    for one in found:
        numbers = [f"{'?' if n is None else format(n, ',')}" for n in (one.running, one.pending, one.failed)]
        left = (
            "done" if one.done == one.shards else "?" if one.seconds_left is None else format_duration(one.seconds_left)
        )
        echo(f"{one.dataset:{width}}  {one.shards:>8,}{one.done:>8,}{numbers[0]:>9}{numbers[1]:>9}"
                   f"{numbers[2]:>8}{one.samples_per_second:>11,.1f}  {left}")  # fmt: skip
    for one in found:
        if one.note:
            echo(f"{one.dataset}: job states unavailable: {one.note}")
        if one.waiting:
            echo(f"{one.dataset}: tasks are pending for "
                       f"{', '.join(f'{reason} ({count:,})' for reason, count in one.waiting.items())}")  # fmt: skip
        _print_failed(one)


def _print_failed(one: SlurmStatus) -> None:
    from vwd.shards.ranges import format_ranges

    for failed in one.failed_tasks[:_MOST_SHOWN]:
        code = f", exit code {failed.exit_code}" if failed.exit_code else ""
        where = f" on {failed.node}" if failed.node else ""
        echo(f"failed: {one.dataset} task {failed.task} ({failed.job or 'no job'}){where}: {failed.state}{code}: "
                   f"{failed.reason}; shards {format_ranges(failed.shards)}")  # fmt: skip
        if failed.show_log:
            echo(f"  {failed.show_log}")
    if len(one.failed_tasks) > _MOST_SHOWN:
        echo(f"and {len(one.failed_tasks) - _MOST_SHOWN:,} more failed tasks; --json lists them")

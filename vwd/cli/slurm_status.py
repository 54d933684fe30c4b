"""`vwd slurm status`, `retry` and `cancel`: looking after a submission."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vwd.cli.command import VwdCommand, json_option, output_argument, show_json
from vwd.cli.slurm_submit import Prepared, launch_options, queue_all, show_lines

if TYPE_CHECKING:
    from vwd.shards.paths import OutputPaths
    from vwd.slurm.status import SlurmStatus

_MOST_SHOWN = 20


@click.command(cls=VwdCommand)
@output_argument
@click.option("--watch", is_flag=True, help="Show it again and again, until nothing is left to run.  [default: off]")
@click.option(
    "--interval", type=click.FloatRange(0.1), default=10.0, show_default=True, help="Seconds between, with --watch."
)
@json_option
def status(output: Path, watch: bool, interval: float, as_json: bool) -> None:
    """Show the shards of OUT that are done, running, pending and failed, and why tasks failed.

    OUT is the base folder that shards were submitted to, or one dataset's folder in it.  [default: shards]
    The ledger is joined with squeue, and with sacct or scontrol; each may be absent.
    """
    from vwd.slurm.status import slurm_status

    while True:
        found = [slurm_status(paths) for paths in submitted(output)]
        if as_json:
            show_json([one.to_json() for one in found])
        else:
            _show(found)
        if not watch or all(one.over for one in found):
            return
        time.sleep(interval)


@click.command(cls=VwdCommand)
@output_argument
@launch_options
@json_option
@click.pass_context
def retry(ctx: click.Context, output: Path, dry_run: bool, local: int | None, as_json: bool) -> None:
    """Submit the shards of OUT that are missing or torn once more, less those that a live task holds.

    OUT is the base folder that shards were submitted to, or one dataset's folder in it.  [default: shards]
    Settings are those of the submission before, but for what the environment and vwd.toml say now.
    """
    from vwd.slurm.queue import max_array_size
    from vwd.slurm.retry import plan_retry

    everything = []
    limit = max_array_size()
    for paths in submitted(output):
        again = plan_retry(paths, os.environ, Path.cwd(), limit)
        everything += [Prepared(paths, submission) for submission in again.submissions]
        click.echo(
            f"{paths.dataset}: {len(again.shards):,} shards to make again, {again.held:,} left to live tasks", err=True
        )
    if dry_run:
        show_lines(everything)
    else:
        queue_all(ctx, everything, local, as_json)


@click.command(cls=VwdCommand)
@output_argument
@json_option
def cancel(output: Path, as_json: bool) -> None:
    """Cancel the jobs that were submitted for OUT, and no others. Shards that stand are kept.

    OUT is the base folder that shards were submitted to, or one dataset's folder in it.  [default: shards]
    """
    from vwd.slurm.cancel import cancel as end

    told = [{"dataset": paths.dataset, "cancelled": end(paths)} for paths in submitted(output)]
    if as_json:
        show_json(told)
        return
    for one in told:
        click.echo(f"{one['dataset']}: cancelled {', '.join(one['cancelled']) or 'nothing: no job of it is queued'}")


def submitted(output: Path) -> list[OutputPaths]:
    """The datasets below a folder that were submitted.

    Raises:
        OutputError: there is none.
    """
    from vwd.errors import OutputError
    from vwd.slurm.paths import submitted_outputs

    found = list(submitted_outputs(output))
    if not found:
        raise OutputError(
            f"{output}: nothing was submitted to here", "Submit with 'vwd slurm submit', or give the folder of --out."
        )
    return found


def _show(found: list[SlurmStatus]) -> None:
    from vwd.cli.progress import duration

    width = max(len("dataset"), *(len(one.dataset) for one in found))
    click.echo(f"{'dataset':{width}}  {'shards':>8}{'done':>8}{'running':>9}{'pending':>9}{'failed':>8}"
               f"{'samples/s':>11}  left")  # fmt: skip
    for one in found:
        numbers = [f"{'?' if n is None else format(n, ',')}" for n in (one.running, one.pending, one.failed)]
        left = "done" if one.done == one.shards else "?" if one.seconds_left is None else duration(one.seconds_left)
        click.echo(f"{one.dataset:{width}}  {one.shards:>8,}{one.done:>8,}{numbers[0]:>9}{numbers[1]:>9}"
                   f"{numbers[2]:>8}{one.samples_per_second:>11,.1f}  {left}")  # fmt: skip
    for one in found:
        if one.note:
            click.echo(f"{one.dataset}: what runs is not known: {one.note}")
        if one.waiting:
            click.echo(f"{one.dataset}: tasks wait for "
                       f"{', '.join(f'{reason} ({count:,})' for reason, count in one.waiting.items())}")  # fmt: skip
        _show_failed(one)


def _show_failed(one: SlurmStatus) -> None:
    from vwd.shards.numbers import numbers_text

    for failed in one.failed_tasks[:_MOST_SHOWN]:
        code = f", exit code {failed.exit_code}" if failed.exit_code else ""
        where = f" on {failed.node}" if failed.node else ""
        click.echo(f"failed: {one.dataset} task {failed.task} ({failed.job or 'no job'}){where}: {failed.state}{code}: "
                   f"{failed.reason}; shards {numbers_text(failed.shards)}")  # fmt: skip
        if failed.show_log:
            click.echo(f"  {failed.show_log}")
    if len(one.failed_tasks) > _MOST_SHOWN:
        click.echo(f"and {len(one.failed_tasks) - _MOST_SHOWN:,} more tasks that failed; --json lists them")

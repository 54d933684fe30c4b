"""From the options of `vwd pack` to submissions, and queueing them: what plan, submit and retry share."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import F, print_json

if TYPE_CHECKING:
    from vwd.shards.paths import OutputPaths
    from vwd.slurm.jobs import JobRecord
    from vwd.slurm.settings import SlurmSettings
    from vwd.slurm.submission import Submission

# Options that this command does not know are those of `vwd pack`.
PASS_OPTIONS = {"ignore_unknown_options": True}


def launch_options(command: F) -> F:
    """How a submission is started: on Slurm, on this machine, or not at all."""
    for option in (
        click.option(
            "--local", metavar="N", type=click.IntRange(1),
            help="Run the same tasks on this machine, N at once, without Slurm.  [default: on Slurm]",
        ),
        click.option("--dry-run", is_flag=True, help="Print the sbatch lines, and do nothing.  [default: off]"),
    ):  # fmt: skip
        command = option(command)
    return command


@dataclass(frozen=True)
class Prepared:
    """A dataset's submission, not yet frozen, and where its output is."""

    paths: OutputPaths
    submission: Submission


def queue_all(ctx: click.Context, everything: list[Prepared], local: int | None, as_json: bool) -> None:
    """Queues submissions, or runs them on this machine, and prints what was queued."""
    from dataclasses import asdict

    from vwd.slurm.local import run_locally
    from vwd.slurm.submit import submit_jobs

    queued: list[dict[str, Any]] = []
    failed = False
    for one in everything:
        if local:
            failed |= bool(run_locally(one.paths, one.submission, local, lambda line: click.echo(line, err=True)))
            continue
        done = submit_jobs(one.paths, one.submission)
        queued.append({"submission": done.submission.number, "tasks": done.submission.num_tasks,
                     "jobs": [asdict(job) for job in done.jobs]})  # fmt: skip
        if not as_json:
            _print_jobs(one.paths, done.submission, done.jobs)
    if as_json and not local:
        print_json(queued)
    if failed:
        ctx.exit(1)


def prepare(dataset: str, options: tuple[str, ...], task: str | None) -> list[Prepared]:
    """The submissions of a command line. All are prepared before any is queued, so that an error queues none."""
    from vwd.corpora.registry import CORPORA
    from vwd.slurm.commands import max_array_size
    from vwd.slurm.settings import load_settings

    settings = load_settings(os.environ, Path.cwd())
    limit = max_array_size()
    return [_prepare(name, options, task, settings, limit) for name in (CORPORA if dataset == "all" else [dataset])]


def _prepare(dataset: str, options: tuple[str, ...], task: str | None, settings: SlurmSettings, limit: int) -> Prepared:
    from vwd.cli.slurm.pack_options import pack_options
    from vwd.shards.paths import OutputPaths
    from vwd.slurm.submission import Export
    from vwd.slurm.submit import make_submission

    asked = pack_options(dataset, options, settings.base_dir)
    export = Export(task, str(Path(settings.base_dir or "export").resolve())) if task else None
    submission = make_submission(dataset, asked.work, asked.pack, settings, export, limit)
    return Prepared(OutputPaths(asked.out, dataset), submission)


def print_sbatch_lines(everything: list[Prepared]) -> None:
    from vwd.slurm.sbatch import shell_command
    from vwd.slurm.submission import next_number
    from vwd.slurm.submit import sbatch_lines
    from vwd.slurm.task import task_arguments

    for one in everything:
        submission = replace(one.submission, number=next_number(one.paths))
        for line in sbatch_lines(one.paths, submission):
            click.echo(shell_command(submission, line))
        first = task_arguments(one.paths, submission, "pack", 0)
        click.echo(f"# the first of {submission.num_tasks:,} tasks runs: vwd {' '.join(first)}", err=True)


def _print_jobs(paths: OutputPaths, submission: Submission, jobs: tuple[JobRecord, ...]) -> None:
    click.echo(
        f"{submission.dataset}: {len(submission.ranges):,} shards in {submission.num_tasks:,} tasks, "
        f"{submission.settings.num_nodes} at once, to {paths.folder}"
    )
    for job in jobs:
        tasks = "" if job.role == "finish" else f", tasks {job.offset} to {job.offset + job.tasks - 1}"
        click.echo(f"  {job.role:8} job {job.job}{tasks}")
    click.echo(f"  watch    vwd slurm status {paths.folder}")

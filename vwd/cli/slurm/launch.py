"""From the options of `vwd pack` to submissions, and queueing them: what plan, submit and retry share."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import F, echo, print_json, with_flags

if TYPE_CHECKING:
    from vwd.shards.paths import OutputPaths
    from vwd.slurm.jobs import JobRecord
    from vwd.slurm.limits import ClusterLimits
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
    """A dataset's submission, not yet frozen, and where its output is. `note`: what the user should know of it."""

    paths: OutputPaths
    submission: Submission
    note: str = ""


def queue_all(ctx: click.Context, everything: list[Prepared], local: int | None, as_json: bool) -> None:
    """Queues submissions, or runs them on this machine, and prints what was queued."""
    from dataclasses import asdict

    from vwd.cli.slurm.local import run
    from vwd.slurm.submit import submit_jobs

    queued: list[dict[str, Any]] = []
    failed = False
    for one in everything:
        if local:
            failed |= bool(run(one.paths, one.submission, local))
            continue
        _print_note(one.note)
        done = submit_jobs(one.paths, one.submission)
        queued.append({"submission": done.submission.number, "tasks": done.submission.num_tasks,
                     "jobs": [asdict(job) for job in done.jobs]})  # fmt: skip
        if not as_json:
            _print_jobs(one.paths, done.submission, done.jobs)
    if as_json and not local:
        print_json(queued)
    if failed:
        ctx.exit(1)


def prepare(dataset: str, options: tuple[str, ...], task: str | None, local: int | None = None) -> list[Prepared]:
    """The submissions of a command line. All are prepared before any is queued, so that an error queues none."""
    from vwd.corpora.registry import CORPORA
    from vwd.slurm.settings import load_settings

    settings = load_settings(os.environ, Path.cwd())
    names = list(CORPORA) if dataset == "all" else [dataset]
    limits = limits_of(local)(settings).shared_by(len(names))
    return [_prepare(name, options, task, settings, limits) for name in names]


def limits_of(local: int | None) -> Callable[[SlurmSettings], ClusterLimits]:
    """What the cluster takes, by settings; on this machine there is no limit."""
    from vwd.slurm.limits import ClusterLimits, cluster_limits

    return (lambda settings: ClusterLimits()) if local else cache(cluster_limits)


def _prepare(
    dataset: str, options: tuple[str, ...], task: str | None, settings: SlurmSettings, limits: ClusterLimits
) -> Prepared:
    from vwd.cli.slurm.pack_options import pack_options
    from vwd.shards.paths import OutputPaths
    from vwd.slurm.submission import Export
    from vwd.slurm.submit import fewer_tasks_note, make_submission
    from vwd.storage.regular import real_path

    asked = pack_options(dataset, options, settings.base_dir)
    export = Export(task, str(real_path(Path(settings.base_dir or "export")))) if task else None
    submission = make_submission(asked.dataset, asked.work, asked.pack, settings, export, limits)
    return Prepared(OutputPaths(asked.out, asked.dataset), submission, fewer_tasks_note(submission, limits))


def print_sbatch_lines(everything: list[Prepared]) -> None:
    """What `--dry-run` prints: the sbatch line of each job, and what to know of it."""
    from vwd.slurm.estimate import idle_cpus_note
    from vwd.slurm.frozen import next_number
    from vwd.slurm.sbatch import shell_command
    from vwd.slurm.submit import sbatch_lines
    from vwd.slurm.task import task_arguments

    for one in everything:
        submission = replace(one.submission, number=next_number(one.paths))
        for line in sbatch_lines(one.paths, submission):
            echo(shell_command(submission, line))
        first = task_arguments(one.paths, submission, "pack", 0)
        echo(f"# the first of {submission.num_tasks:,} tasks runs: vwd {' '.join(first)}", err=True)
        _print_note(one.note)
        _print_note(idle_cpus_note(submission))


def _print_note(note: str) -> None:
    if note:
        echo(f"Note: {with_flags(note)}", err=True)


def _print_jobs(paths: OutputPaths, submission: Submission, jobs: tuple[JobRecord, ...]) -> None:
    echo(
        f"{submission.dataset}: {len(submission.ranges):,} shards in {submission.num_tasks:,} tasks, "
        f"{submission.settings.num_nodes} at once, to {paths.folder}"
    )
    for job in jobs:
        tasks = "" if job.role == "finish" else f", tasks {job.offset} to {job.offset + job.tasks - 1}"
        echo(f"  {job.role:8} job {job.job}{tasks}")
    echo(f"  watch    vwd slurm status {shlex.quote(str(paths.folder))}")

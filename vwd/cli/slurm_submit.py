"""`vwd slurm plan` and `vwd slurm submit`: from the options of `vwd pack` to array tasks."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import F, VwdCommand, corpus_names, json_option, show_json

if TYPE_CHECKING:
    from vwd.shards.paths import OutputPaths
    from vwd.slurm.records import JobRecord
    from vwd.slurm.settings import SlurmSettings
    from vwd.slurm.submission import Submission

_TASKS = ("inference", "rendering", "both")
_PASSES_ON = {"ignore_unknown_options": True}


def launch_options(command: F) -> F:
    """How a submission is started: on Slurm, here, or not at all."""
    for option in (
        click.option(
            "--local", metavar="N", type=click.IntRange(1),
            help="Run the same tasks here, N at once, without Slurm.  [default: on Slurm]",
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


@click.command(cls=VwdCommand, context_settings=_PASSES_ON)
@click.argument("dataset", shell_complete=corpus_names)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[PACK OPTIONS]")
@json_option
def plan(dataset: str, options: tuple[str, ...], as_json: bool) -> None:
    """Show the array tasks that DATASET would take, and what they cost. Nothing is written.

    DATASET is a corpus, or 'all' of them; PACK OPTIONS are those of 'vwd pack'. Hours and bytes follow from the rate
    that the ledger of this output has measured.
    """
    from vwd.slurm.estimate import estimate, measure

    told = []
    for prepared in prepare(dataset, options, None):
        one = estimate(prepared.submission, measure(prepared.paths))
        told.append(one)
        if not as_json:
            click.echo("\n".join(one.lines()))
    if as_json:
        show_json([one.to_json() for one in told])


@click.command(cls=VwdCommand, context_settings=_PASSES_ON)
@click.argument("dataset", shell_complete=corpus_names)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[TASK] [PACK OPTIONS]")
@click.option("--export", is_flag=True, help="Then export each task's shards; TASK alone says so too.  [default: off]")
@launch_options
@json_option
@click.pass_context
def submit(
    ctx: click.Context, dataset: str, options: tuple[str, ...], export: bool, dry_run: bool, local: int | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Queue DATASET as Slurm arrays of 'vwd pack', and a job that closes the output.

    DATASET is a corpus, or 'all' of them. TASK, inference or rendering, has the export written for it; PACK OPTIONS
    are those of 'vwd pack'. What the cluster gives is said by NUM_NODES, CPUS_PER_NODE, SAMPLES_PER_NODE, PARTITION,
    TIME_LIMIT, BASE_DIR, QOS, ACCOUNT, EXTRA_SBATCH, VWD_PYTHON, CONDA_ENV, MODULES and JOB_SCRIPT in the
    environment, or in lower case in the table [slurm] of vwd.toml.
    """
    task = options[0] if options and options[0] in _TASKS else "both" if export else None
    everything = prepare(dataset, options[1:] if options and options[0] in _TASKS else options, task)
    if dry_run:
        show_lines(everything)
        return
    queue_all(ctx, everything, local, as_json)


def queue_all(ctx: click.Context, everything: list[Prepared], local: int | None, as_json: bool) -> None:
    """Queues submissions, or runs them here, and says what was queued."""
    from dataclasses import asdict

    from vwd.slurm.local import run_here
    from vwd.slurm.submit import submit as queue

    told: list[dict[str, Any]] = []
    failed = False
    for one in everything:
        if local:
            failed |= bool(run_here(one.paths, one.submission, local, lambda line: click.echo(line, err=True)))
            continue
        done = queue(one.paths, one.submission)
        told.append({"submission": done.submission.number, "tasks": done.submission.num_tasks,
                     "jobs": [asdict(job) for job in done.jobs]})  # fmt: skip
        if not as_json:
            _show(one.paths, done.submission, done.jobs)
    if as_json and not local:
        show_json(told)
    if failed:
        ctx.exit(1)


def prepare(dataset: str, options: tuple[str, ...], task: str | None) -> list[Prepared]:
    """The submissions that a command line means. All are made before any is queued, so that an error queues none."""
    from vwd.corpora.registry import CORPORA
    from vwd.slurm.queue import max_array_size
    from vwd.slurm.settings import load_settings

    settings = load_settings(os.environ, Path.cwd())
    limit = max_array_size()
    return [_prepare(name, options, task, settings, limit) for name in (CORPORA if dataset == "all" else [dataset])]


def _prepare(dataset: str, options: tuple[str, ...], task: str | None, settings: SlurmSettings, limit: int) -> Prepared:
    from vwd.cli.slurm_options import pack_options
    from vwd.shards.paths import OutputPaths
    from vwd.slurm.submission import Export
    from vwd.slurm.submit import make_submission

    asked = pack_options(dataset, options, settings.base_dir)
    export = Export(task, str(Path(settings.base_dir or "export").resolve())) if task else None
    submission = make_submission(dataset, asked.work, asked.pack, settings, export, limit)
    return Prepared(OutputPaths(asked.out, dataset), submission)


def show_lines(everything: list[Prepared]) -> None:
    from vwd.slurm.sbatch import shown
    from vwd.slurm.submission import next_number
    from vwd.slurm.submit import lines
    from vwd.slurm.task import task_arguments

    for one in everything:
        submission = replace(one.submission, number=next_number(one.paths))
        for line in lines(one.paths, submission):
            click.echo(shown(submission, line))
        first = task_arguments(one.paths, submission, "pack", 0)
        click.echo(f"# each of {submission.num_tasks:,} tasks, this the first: vwd {' '.join(first)}", err=True)


def _show(paths: OutputPaths, submission: Submission, jobs: tuple[JobRecord, ...]) -> None:
    click.echo(
        f"{submission.dataset}: {len(submission.ranges):,} shards in {submission.num_tasks:,} tasks, "
        f"{submission.settings.num_nodes} at once, to {paths.folder}"
    )
    for job in jobs:
        tasks = "" if job.role == "finish" else f", tasks {job.offset} to {job.offset + job.tasks - 1}"
        click.echo(f"  {job.role:8} job {job.job}{tasks}")
    click.echo(f"  see      vwd slurm status {paths.folder}")

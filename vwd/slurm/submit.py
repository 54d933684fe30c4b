"""Submitting and cancelling: the frozen plan, then its arrays, the export's, and the finishing job."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vwd.errors import NoAnswerError, OutputError, SlurmError, UsageError
from vwd.shards.paths import OutputPaths
from vwd.slurm.arrays import Window, Work, count_tasks, window_before, windows
from vwd.slurm.commands import scancel
from vwd.slurm.jobs import JobRecord, find_jobs, record_job
from vwd.slurm.sbatch import require_sbatch, run_sbatch, sbatch_line
from vwd.slurm.settings import SlurmSettings
from vwd.slurm.submission import Export, Role, Submission, freeze, read_submissions, unfreeze

# Dependent jobs first: they would start when what they wait for ends.
_CANCEL_ORDER = {"finish": 0, "export": 1, "pack": 2}


@dataclass(frozen=True)
class Step:
    """One call of sbatch: a role, and which of the submission's arrays."""

    role: Role
    window: int


@dataclass(frozen=True)
class Submitted:
    """A submission with the jobs that were queued for it."""

    submission: Submission
    jobs: tuple[JobRecord, ...]


def make_submission(
    dataset: str,
    work: Work,
    pack: tuple[str, ...],
    settings: SlurmSettings,
    export: Export | None,
    max_array_size: int,
    folder: str = "",
) -> Submission:
    """A submission, not yet frozen.

    Args:
        pack: the options of `vwd pack`, except for the output's folder and the task's.
        folder: where its tasks run; the current folder by default.

    Raises:
        UsageError: the slice does not fit the shards, or VWD_PYTHON is not a program.
    """
    tasks = count_tasks(work.ranges(), settings.samples_per_node)
    return Submission(
        dataset, work, tasks, windows(tasks, max_array_size), pack, export, settings, _python(settings),
        folder or str(Path.cwd()),
    )  # fmt: skip


def steps(submission: Submission) -> Iterator[Step]:
    """The calls of sbatch, in order."""
    for window in range(len(submission.windows)):
        yield Step("pack", window)
        if submission.export:
            yield Step("export", window)
    yield Step("finish", 0)


def sbatch_lines(paths: OutputPaths, submission: Submission) -> Iterator[list[str]]:
    """The command lines that would queue a submission, with `<role-window>` for the ids that sbatch would return."""
    jobs: dict[Step, str] = {}
    for step in steps(submission):
        yield sbatch_line(paths, submission, step.role, step.window, _dependency(submission, step, jobs))
        jobs[step] = f"<{step.role}-{step.window}>"


def submit_jobs(
    paths: OutputPaths, submission: Submission, on_job: Callable[[JobRecord], None] = lambda job: None
) -> Submitted:
    """Freezes a submission and queues its jobs.

    Raises:
        OutputError: the output folder cannot be written.
        SlurmError: sbatch is not installed, refuses or does not answer. What was queued before that is cancelled;
            where nothing was queued, nothing is left of the submission.
    """
    require_sbatch()  # before anything is written
    frozen = freeze(paths, submission)
    jobs: dict[Step, str] = {}
    records = []
    try:
        for step in steps(frozen):
            line = sbatch_line(paths, frozen, step.role, step.window, _dependency(frozen, step, jobs))
            jobs[step] = run_sbatch(line, frozen)
            window = Window(0, 1) if step.role == "finish" else frozen.windows[step.window]
            name = next(word.partition("=")[2] for word in line if word.startswith("--job-name="))
            record = JobRecord(step.role, jobs[step], *window, name)
            record_job(paths, frozen, record)
            records.append(record)
            on_job(record)
    except (SlurmError, OSError) as error:
        with suppress(SlurmError):  # the user needs to see the refusal
            scancel(list(reversed(jobs.values())))
        if not jobs and not isinstance(error, NoAnswerError):
            unfreeze(paths, frozen)
        if isinstance(error, SlurmError):
            raise
        raise OutputError(
            f"{error.filename or paths.folder}: {error.strerror or error}; what was queued is cancelled",
            "Free some space or fix the permissions, and submit again.",
        ) from error
    return Submitted(frozen, tuple(records))


def cancel_jobs(paths: OutputPaths) -> list[str]:
    """Cancels the jobs of all submissions of an output, and nobody else's.

    Returns:
        Their ids.

    Raises:
        SlurmError: Slurm's commands are not installed, fail or do not answer.
    """
    live = sorted(find_jobs(paths, read_submissions(paths)).live, key=lambda task: _CANCEL_ORDER[task.role])
    jobs = list(dict.fromkeys(task.job for task in live if "." not in task.job))
    scancel(jobs)
    return jobs


def _dependency(submission: Submission, step: Step, jobs: dict[Step, str]) -> str:
    if step.role == "finish":
        return f"afterany:{':'.join(jobs.values())}"
    if step.role == "export":
        return f"aftercorr:{jobs[Step('pack', step.window)]}"
    before = window_before(submission.windows, step.window, submission.settings.num_nodes)
    return "" if before is None else f"afterany:{jobs[Step('pack', before)]}"


def _python(settings: SlurmSettings) -> str:
    """The Python of the jobs, as an absolute path; "" where their environment has its own."""
    if not settings.vwd_python:
        return "" if settings.conda_env or settings.modules else sys.executable
    if settings.conda_env or settings.modules:
        return settings.vwd_python  # only that environment may know its folder
    found = shutil.which(settings.vwd_python)
    if not found:
        raise UsageError(f"VWD_PYTHON={settings.vwd_python} is not a program here", "Allowed: a Python that has vwd.")
    return str(Path(found).absolute())

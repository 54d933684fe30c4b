"""Which jobs of an output live, and which shards they hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from vwd.processes import is_dead
from vwd.shards.paths import OutputPaths
from vwd.slurm.queue import LiveJob, live_jobs
from vwd.slurm.records import JobRecord, is_local, read_records
from vwd.slurm.shards import Standing
from vwd.slurm.submission import Role, Submission

RUNNING, PENDING = "running", "pending"


@dataclass(frozen=True)
class LiveTask:
    """A job of a submission that is queued or runs.

    Attributes:
        task: the submission's task; None where the job is no array, or all of them for a local run.
        state: `RUNNING` or `PENDING`.
        reason: why it waits, as Slurm names it.
    """

    submission: int
    role: Role
    task: int | None
    state: str
    job: str
    reason: str = ""


@dataclass(frozen=True)
class Jobs:
    """The jobs of an output: those that were noted when they were queued, by submission, and those that live."""

    records: dict[int, list[JobRecord]]
    live: tuple[LiveTask, ...]


def find_jobs(paths: OutputPaths, submissions: Iterable[Submission]) -> Jobs:
    """The jobs of an output's submissions.

    Raises:
        SlurmError: squeue is not here, fails or does not answer, and a submission went to Slurm.
    """
    frozen = list(submissions)
    records = {one.number: read_records(paths, one) for one in frozen}
    live = []
    names = []
    for one in frozen:
        if any(is_local(record) for record in records[one.number]):
            marks = [record.job for record in records[one.number] if is_dead(record.job) is False]
            live += [LiveTask(one.number, "pack", None, RUNNING, mark) for mark in marks]
        else:
            names += [one.name, f"{one.name}-export", f"{one.name}-finish"]
    for job in live_jobs(names):
        if found := _task(paths, records, job):
            live.append(found)
    return Jobs(records, tuple(live))


def held_shards(standing: Standing, live: Iterable[LiveTask]) -> dict[int, str]:
    """The shards that live tasks hold, by number, and whether they run or wait."""
    by_number = {one.number: one for one in standing.submissions}
    held: dict[int, str] = {}
    for task in live:
        if task.role != "pack" or task.submission not in by_number:
            continue
        one = by_number[task.submission]
        shards = one.ranges if task.task is None else one.shards_of(task.task)
        for shard in shards:
            if held.get(shard.number) != RUNNING:
                held[shard.number] = task.state
    return held


def _task(paths: OutputPaths, records: dict[int, list[JobRecord]], job: LiveJob) -> LiveTask | None:
    """A job in the queue as one of this output's: by its comment, else by its id and name. Else None."""
    parts = job.comment.split(":", 4)
    if len(parts) == 5 and parts[0] == "vwd":
        if parts[4] != str(paths.folder):
            return None
        number, role, offset = int(parts[1]), cast(Role, parts[2]), int(parts[3])
    else:  # some clusters write comments of their own
        noted = [(n, r) for n, each in records.items() for r in each if (r.job, r.name) == (job.job, job.name)]
        if not noted:
            return None
        number, role, offset = noted[0][0], noted[0][1].role, noted[0][1].offset
    task = None if job.index is None else offset + job.index
    waits = job.state == "PENDING"
    return LiveTask(number, role, task, PENDING if waits else RUNNING, job.job, job.reason if waits else "")

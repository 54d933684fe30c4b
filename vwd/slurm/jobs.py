"""The jobs of an output: those that were queued, noted beside the frozen plan, and those that are alive."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import cast

from vwd.shards.paths import OutputPaths
from vwd.slurm.commands import QueuedJob, queued_jobs
from vwd.slurm.paths import submissions_folder
from vwd.slurm.submission import Role, Submission
from vwd.storage.atomic import create_if_absent, json_bytes
from vwd.storage.processes import has_ended

RUNNING, PENDING = "running", "pending"


@dataclass(frozen=True)
class JobRecord:
    """A job that was queued for a submission; for a local run, the process that runs it.

    Attributes:
        offset, tasks: the array's part of the submission's tasks; 0 and 1 for a job that is not an array.
    """

    role: Role
    job: str
    offset: int
    tasks: int
    name: str


@dataclass(frozen=True)
class LiveTask:
    """A job of a submission that is queued or running.

    Attributes:
        task: the submission's task; None where the job is not an array, or all of them for a local run.
        state: `RUNNING` or `PENDING`.
        reason: why it is pending, as Slurm names it.
    """

    submission: int
    role: Role
    task: int | None
    state: str
    job: str
    reason: str = ""


@dataclass(frozen=True)
class Jobs:
    """The jobs of an output: the records of those that were queued, by submission, and the live tasks."""

    records: dict[int, list[JobRecord]]
    live: tuple[LiveTask, ...]


def record_job(paths: OutputPaths, submission: Submission, record: JobRecord) -> None:
    """Notes a queued job beside its submission."""
    path = submissions_folder(paths) / f"{submission.number:04d}.{record.role}.{record.offset}.json"
    create_if_absent(path, json_bytes(asdict(record)), paths.temp)


def read_records(paths: OutputPaths, submission: Submission) -> list[JobRecord]:
    """The noted jobs of a submission, in the order of their tasks."""
    found = submissions_folder(paths).glob(f"{submission.number:04d}.*.*.json")
    records = (JobRecord(**json.loads(path.read_bytes())) for path in found)
    return sorted(records, key=lambda record: (record.role, record.offset))


def is_local(record: JobRecord) -> bool:
    """Whether a record is of a run on one machine; it then names the process, as `<node>.<process id>`."""
    return "." in record.job


def find_jobs(paths: OutputPaths, submissions: Iterable[Submission]) -> Jobs:
    """The jobs of an output's submissions.

    Raises:
        SlurmError: squeue is not installed, fails or does not answer, and a submission went to Slurm.
    """
    frozen = list(submissions)
    records = {one.number: read_records(paths, one) for one in frozen}
    live = []
    names = []
    for one in frozen:
        if any(is_local(record) for record in records[one.number]):
            tags = [record.job for record in records[one.number] if has_ended(record.job) is False]
            live += [LiveTask(one.number, "pack", None, RUNNING, tag) for tag in tags]
        else:
            names += [one.name, f"{one.name}-export", f"{one.name}-finish"]
    for job in queued_jobs(names):
        if found := _live_task(paths, records, job):
            live.append(found)
    return Jobs(records, tuple(live))


def held_shards(submissions: Iterable[Submission], live: Iterable[LiveTask]) -> dict[int, str]:
    """The shards that live tasks hold, by number, and whether these are `RUNNING` or `PENDING`."""
    by_number = {one.number: one for one in submissions}
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


def _live_task(paths: OutputPaths, records: dict[int, list[JobRecord]], job: QueuedJob) -> LiveTask | None:
    """A job in the queue as one of this output's, by its comment, else by its id and name; else None."""
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
    pending = job.state == "PENDING"
    return LiveTask(number, role, task, PENDING if pending else RUNNING, job.job, job.reason if pending else "")

"""The jobs of an output: those that were queued, noted beside the frozen plan, and those that are alive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from vwd.errors import OutputError
from vwd.limits import LARGEST_NOTE
from vwd.shards.paths import OutputPaths
from vwd.slurm.commands import QueuedJob, queued_jobs
from vwd.slurm.comments import parse_comment
from vwd.slurm.models import ROLES, Role, decode_job
from vwd.slurm.paths import job_file, job_files
from vwd.slurm.submission import Submission
from vwd.storage.atomic import create_if_absent, json_bytes
from vwd.storage.processes import has_ended
from vwd.storage.regular import read_regular

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
        task: the submission's task; None where the job is not an array or its index is unknown, and for a local run.
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
    path = job_file(paths, submission.number, record.role, record.offset)
    create_if_absent(path, json_bytes(asdict(record)), paths.temp)


def read_records(paths: OutputPaths, submissions: Iterable[Submission]) -> dict[int, list[JobRecord]]:
    """The noted jobs of submissions, by number, in the order of their tasks.

    Raises:
        OutputError: a note is damaged, or does not belong to its submission; names the field.
    """
    by_number = {one.number: one for one in submissions}
    records: dict[int, list[JobRecord]] = {number: [] for number in by_number}
    for number, role, offset in job_files(paths):
        path = job_file(paths, number, role, offset)
        if number not in by_number:
            continue  # the rest of a submission that was removed
        records[number].append(_read_record(path, by_number[number], role, offset))
    return {number: sorted(each, key=lambda record: (record.role, record.offset)) for number, each in records.items()}


def _read_record(path: Path, submission: Submission, role: str, offset: int) -> JobRecord:
    try:
        note = decode_job(read_regular(path, LARGEST_NOTE))
        record = JobRecord(note.role, note.job, note.offset, note.tasks, note.name)
        wanted = {"role": role, "offset": offset, "name": submission.job_name(note.role)}
        for field, value in wanted.items():
            if getattr(record, field) != value:
                raise ValueError(f"{getattr(record, field)!r} in place of {value!r} - at $.{field}")
        most = submission.num_tasks if role != "finish" else 1
        if record.offset + record.tasks > most:
            raise ValueError(f"task {record.offset + record.tasks - 1} of {most} - at $.tasks")
    except (OSError, ValueError) as error:
        what = error.strerror if isinstance(error, OSError) else error
        raise OutputError(
            f"{path}: not a readable note of a job: {what}",
            "Restore it; or remove it, then its job is known by its comment alone.",
        ) from error
    return record


def is_local(record: JobRecord) -> bool:
    """Whether a record is of a run on one machine; it then names the process, as `<node>.<process id>`."""
    return "." in record.job


def find_jobs(paths: OutputPaths, submissions: Iterable[Submission]) -> Jobs:
    """The jobs of an output's submissions.

    Raises:
        OutputError: the note of a job is damaged.
        SlurmError: squeue is not installed, fails or does not answer, and a submission went to Slurm.
    """
    frozen = {one.number: one for one in submissions}
    records = read_records(paths, frozen.values())
    live = []
    names = []
    for number, one in frozen.items():
        if any(is_local(record) for record in records[number]):
            tags = [record.job for record in records[number] if has_ended(record.job) is False]
            live += [LiveTask(number, "pack", None, RUNNING, tag) for tag in tags]
        else:
            names += [one.job_name(role) for role in ROLES]
    for job in queued_jobs(names):
        if found := _live_task(paths, frozen, records, job):
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


def _live_task(
    paths: OutputPaths, frozen: Mapping[int, Submission], records: Mapping[int, list[JobRecord]], job: QueuedJob
) -> LiveTask | None:
    """A job in the queue as one of this output's; else None.

    Its comment tells. Some clusters write comments of their own: then it must be noted, by id and name.
    """
    comment = parse_comment(job.comment)
    if comment:
        one = frozen.get(comment.number)
        if comment.folder != str(paths.folder) or not one or job.name != one.job_name(comment.role):
            return None
        number, role, offset = comment.number, comment.role, comment.offset
    else:
        noted = [(n, r) for n, each in records.items() for r in each if (r.job, r.name) == (job.job, job.name)]
        if not noted:
            return None
        number, role, offset = noted[0][0], noted[0][1].role, noted[0][1].offset
    task = None if job.index is None else offset + job.index
    if task is not None and task >= frozen[number].num_tasks:
        task = None
    pending = job.state == "PENDING"
    return LiveTask(number, role, task, PENDING if pending else RUNNING, job.job, job.reason if pending else "")

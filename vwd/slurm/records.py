"""Which jobs were queued for a submission: one small file for each, beside the frozen plan."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from vwd.shards.files import create_once, json_bytes
from vwd.shards.paths import OutputPaths
from vwd.slurm.paths import submissions_folder
from vwd.slurm.submission import Role, Submission


@dataclass(frozen=True)
class JobRecord:
    """A job that was queued for a submission; of a local run, the process that runs it.

    Attributes:
        offset, tasks: the array's part of the submission's tasks; 0 and 1 for a job that is no array.
    """

    role: Role
    job: str
    offset: int
    tasks: int
    name: str


def record_job(paths: OutputPaths, submission: Submission, record: JobRecord) -> None:
    """Notes a queued job beside its submission."""
    path = submissions_folder(paths) / f"{submission.number:04d}.{record.role}.{record.offset}.json"
    create_once(path, json_bytes(asdict(record)), paths.temp)


def read_records(paths: OutputPaths, submission: Submission) -> list[JobRecord]:
    """The jobs of a submission that were noted, in the order of their tasks."""
    found = submissions_folder(paths).glob(f"{submission.number:04d}.*.*.json")
    records = (JobRecord(**json.loads(path.read_bytes())) for path in found)
    return sorted(records, key=lambda record: (record.role, record.offset))


def is_local(record: JobRecord) -> bool:
    """Whether a record is of a run on one machine; it then names the process, as `<node>.<process number>`."""
    return "." in record.job

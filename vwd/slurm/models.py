"""The JSON of submissions and of the notes of their jobs: typed models, by which both are read and judged.

Fields that are unknown here, as a newer version may add, are ignored.
"""

from __future__ import annotations

import shlex
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from vwd.errors import UsageError
from vwd.limits import COUNT_LIMIT, LONGEST_LINE, MOST_ARRAYS, MOST_CPUS, MOST_PACK_OPTIONS
from vwd.shards.ranges import parse_ranges
from vwd.slurm.arrays import Window, Work
from vwd.slurm.settings import SlurmSettings
from vwd.slurm.times import limit_seconds
from vwd.storage.typed_json import decode

Role = Literal["pack", "export", "finish"]
ROLES: tuple[Role, ...] = ("pack", "export", "finish")

_Count = Annotated[int, msgspec.Meta(ge=0, lt=COUNT_LIMIT)]
_FromOne = Annotated[int, msgspec.Meta(ge=1, lt=COUNT_LIMIT)]
# Lines, names and paths; \Z, since $ would let a line break through.
_Line = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]*\Z", max_length=LONGEST_LINE)]
_Argument = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*\Z", max_length=LONGEST_LINE)]
_Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,199}\Z")]
# A job's number or, for a run on one machine, `<node>.<process id>`.
_Job = Annotated[str, msgspec.Meta(pattern=r"^([1-9][0-9]{0,17}|[0-9a-f]{1,64}\.[1-9][0-9]{0,8})\Z")]

Model = TypeVar("Model", bound=msgspec.Struct)


class _Work(msgspec.Struct):
    rows: _FromOne
    shard_size: _FromOne
    start_idx: _Count = 0
    num_samples: _FromOne | None = None
    shards: str | None = None


class _Export(msgspec.Struct):
    task: Literal["inference", "rendering", "both"]
    base_dir: _Line


class _Settings(msgspec.Struct):
    num_nodes: _FromOne
    cpus_per_node: Annotated[int, msgspec.Meta(ge=1, le=MOST_CPUS)]
    samples_per_node: _FromOne
    partition: _Line
    time_limit: _Line
    base_dir: _Line = ""
    qos: _Line = ""
    account: _Line = ""
    extra_sbatch: _Line = ""
    vwd_python: _Line = ""
    conda_env: _Line = ""
    modules: _Line = ""
    job_script: _Line = ""


class SubmissionModel(msgspec.Struct):
    """`slurm/0001.json`."""

    dataset: _Name
    work: _Work
    num_tasks: _FromOne
    windows: Annotated[list[tuple[_Count, _FromOne]], msgspec.Meta(min_length=1, max_length=MOST_ARRAYS)]
    pack: Annotated[list[_Argument], msgspec.Meta(max_length=MOST_PACK_OPTIONS)]
    export: _Export | None
    settings: _Settings
    python: _Line
    folder: _Argument
    number: _FromOne
    created: Annotated[float, msgspec.Meta(ge=0, lt=COUNT_LIMIT)] = 0.0


class JobModel(msgspec.Struct):
    """`slurm/0001.pack.0.json`, the note of a job."""

    role: Role
    job: _Job
    offset: _Count
    tasks: _FromOne
    name: _Line


_SUBMISSION = msgspec.json.Decoder(SubmissionModel)
_JOB = msgspec.json.Decoder(JobModel)


def decode_submission(data: bytes) -> SubmissionModel:
    """A submission from the content of its file.

    Raises:
        ValueError: a field is missing or invalid; names it.
    """
    return decode(_SUBMISSION, data)


def decode_job(data: bytes) -> JobModel:
    """A job's note, likewise."""
    return decode(_JOB, data)


def work_of(model: SubmissionModel) -> Work:
    """What is to be packed; its shards and tasks are those that the model names.

    Raises:
        ValueError: the rows, shards and tasks do not fit together; names the field.
    """
    shards = None
    if model.work.shards is not None:
        try:
            shards = parse_ranges(model.work.shards)
        except UsageError as error:
            raise ValueError(f"{error.what} - at $.work.shards") from error
    work = Work(**{**_values(model.work), "shards": shards})
    try:
        count = len(work.ranges())
    except UsageError as error:
        raise ValueError(f"{error.what} - at $.work") from error
    if model.num_tasks > count:
        raise ValueError(f"{model.num_tasks} tasks for {count} shards - at $.num_tasks")
    return work


def windows_of(model: SubmissionModel) -> tuple[Window, ...]:
    """The arrays.

    Raises:
        ValueError: they are not the submission's tasks, each once.
    """
    offset = 0
    for first, tasks in model.windows:
        if first != offset:
            raise ValueError(f"an array begins with task {first} in place of {offset} - at $.windows")
        offset += tasks
    if offset != model.num_tasks:
        raise ValueError(f"the arrays have {offset} of {model.num_tasks} tasks - at $.windows")
    return tuple(Window(*window) for window in model.windows)


def settings_of(model: SubmissionModel) -> SlurmSettings:
    """The settings.

    Raises:
        ValueError: the time limit is none, or the other options are not what a shell would split.
    """
    settings = SlurmSettings(**_values(model.settings))
    try:
        limit_seconds(settings.time_limit)
    except ValueError as error:
        raise ValueError(f"allowed: {error} - at $.settings.time_limit") from error
    try:
        shlex.split(settings.extra_sbatch)
    except ValueError as error:
        raise ValueError(f"{error} - at $.settings.extra_sbatch") from error
    return settings


def _values(model: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(model, name) for name in model.__struct_fields__}

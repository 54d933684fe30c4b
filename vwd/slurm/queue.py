"""What Slurm says of jobs: squeue of those that live, sacct or scontrol of those that ended. Each may be absent."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from vwd.errors import SlurmError

_ANSWER_SECONDS = 20
# Slurm's own default, for plans that are made where there is no Slurm.
_MAX_ARRAY_SIZE = 1001
_FIELD = re.compile(r"(\w+)=(\S*)")


@dataclass(frozen=True)
class LiveJob:
    """A job in the queue, or one task of an array.

    Attributes:
        index: in its array; None for a job that is none.
        state: as Slurm names it: PENDING, RUNNING, …
        reason: why it waits.
    """

    job: str
    index: int | None
    state: str
    reason: str
    node: str
    name: str
    comment: str


@dataclass(frozen=True)
class EndedJob:
    """How a job, or one task of an array, went. `exit_code` is `code:signal`, "" where it is not known."""

    state: str
    exit_code: str
    node: str


def live_jobs(names: Sequence[str]) -> list[LiveJob]:
    """The jobs in the queue that have one of these names, an array's tasks each for itself.

    Raises:
        SlurmError: squeue is not here, fails or does not answer.
    """
    if not names:
        return []
    out = _ask("squeue", "--noheader", "--array", f"--name={','.join(names)}", "--format=%F|%K|%T|%r|%N|%j|%k")
    rows = (line.split("|", 6) for line in out.splitlines() if line.count("|") >= 6)
    return [
        LiveJob(job, int(index) if index.isdigit() else None, state, reason, node, name, comment)
        for job, index, state, reason, node, name, comment in rows
    ]


def ended_jobs(jobs: Sequence[str]) -> dict[tuple[str, int | None], EndedJob]:
    """How the tasks of these jobs went, by job and index, as far as anybody still knows.

    sacct is asked first. It lags by seconds and many clusters have none: then the controller, which forgets a job
    after minutes.
    """
    if not jobs:
        return {}
    found: dict[tuple[str, int | None], EndedJob] = {}
    try:
        fields = "--format=JobID,State,ExitCode,NodeList"
        out = _ask("sacct", "--noheader", "--allocations", "--parsable2", f"--jobs={','.join(jobs)}", fields)
        for line in out.splitlines():
            name, state, code, node = (*line.split("|"), "", "", "")[:4]
            key = _key(name)
            if key and not state.startswith(("PENDING", "RUNNING", "REQUEUED", "RESIZING", "SUSPENDED")):
                found[key] = EndedJob(state.split(" by ")[0], code, _known(node))
    except SlurmError:
        pass  # no accounting here
    for job in jobs:
        for key, ended in _of_controller(job).items():
            found.setdefault(key, ended)
    return found


def max_array_size() -> int:
    """How many tasks one array may have here; Slurm's default where there is no Slurm to ask."""
    try:
        found = re.search(r"^MaxArraySize\s*=\s*(\d+)", _ask("scontrol", "show", "config"), re.MULTILINE)
    except SlurmError:
        return _MAX_ARRAY_SIZE
    return int(found[1]) if found and int(found[1]) else _MAX_ARRAY_SIZE


def cancel_jobs(jobs: Sequence[str]) -> None:
    """Cancels jobs, arrays whole.

    Raises:
        SlurmError: scancel is not here, fails or does not answer.
    """
    if jobs:
        _ask("scancel", *jobs)


def _of_controller(job: str) -> dict[tuple[str, int | None], EndedJob]:
    try:
        out = _ask("scontrol", "--oneliner", "show", "job", job)
    except SlurmError:
        return {}
    found: dict[tuple[str, int | None], EndedJob] = {}
    for line in out.splitlines():
        said = dict(_FIELD.findall(line))
        index = said.get("ArrayTaskId", "")
        if said.get("JobState", "") in {"", "PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED"}:
            continue
        key = (str(said.get("ArrayJobId", said["JobId"])), int(index) if index.isdigit() else None)
        found[key] = EndedJob(said["JobState"], said.get("ExitCode", ""), _known(said.get("NodeList", "")))
    return found


def _key(name: str) -> tuple[str, int | None] | None:
    """Job and index of `12_3` or `12`; None for a part of an array that has not begun, such as `12_[4-9]`."""
    job, _, index = name.partition("_")
    if not job.isdigit() or (index and not index.isdigit()):
        return None
    return job, int(index) if index else None


def _known(node: str) -> str:
    return "" if node in {"None assigned", "(null)"} else node


def _ask(*line: str) -> str:
    """What a command of Slurm's prints."""
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=False)
    except FileNotFoundError as error:
        raise SlurmError(f"{line[0]} is not here", "Ask on a node where Slurm's commands are.") from error
    except (subprocess.TimeoutExpired, OSError) as error:
        raise SlurmError(
            f"{line[0]} did not answer in {_ANSWER_SECONDS} s", "Try again when the controller is less busy."
        ) from error
    if done.returncode:
        told = [text for text in (done.stderr or done.stdout).splitlines() if text.strip()]
        raise SlurmError(
            f"{line[0]} failed: {told[-1] if told else f'exit code {done.returncode}'}", "Try again in a while."
        )
    return done.stdout

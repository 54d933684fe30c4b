"""Slurm's commands: squeue for queued jobs, sacct or scontrol for finished ones, scancel. Each may be missing."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from vwd.errors import SlurmError

_TIMEOUT_SECONDS = 20
# Slurm's own default, for plans made where there is no Slurm.
_MAX_ARRAY_SIZE = 1001
_FIELD = re.compile(r"(\w+)=(\S*)")


@dataclass(frozen=True)
class QueuedJob:
    """A job in the queue, or one task of an array.

    Attributes:
        index: in its array; None for a job that is not one.
        state: as Slurm names it: PENDING, RUNNING, …
        reason: why it is pending.
    """

    job: str
    index: int | None
    state: str
    reason: str
    node: str
    name: str
    comment: str


@dataclass(frozen=True)
class FinishedJob:
    """How a job, or one task of an array, ended. `exit_code` is `code:signal`, "" where it is unknown."""

    state: str
    exit_code: str
    node: str


def queued_jobs(names: Sequence[str]) -> list[QueuedJob]:
    """The jobs in the queue that have one of these names, the tasks of an array one by one.

    Raises:
        SlurmError: squeue is not installed, fails or does not answer.
    """
    if not names:
        return []
    out = _run("squeue", "--noheader", "--array", f"--name={','.join(names)}", "--format=%F|%K|%T|%r|%N|%j|%k")
    rows = (line.split("|", 6) for line in out.splitlines() if line.count("|") >= 6)
    return [
        QueuedJob(job, int(index) if index.isdigit() else None, state, reason, node, name, comment)
        for job, index, state, reason, node, name, comment in rows
    ]


def finished_jobs(jobs: Sequence[str]) -> dict[tuple[str, int | None], FinishedJob]:
    """How the tasks of these jobs ended, by job and index, as far as Slurm still knows.

    sacct is asked first. It lags by seconds and many clusters do not have it: then the controller, which forgets a
    job after minutes.
    """
    if not jobs:
        return {}
    found: dict[tuple[str, int | None], FinishedJob] = {}
    try:
        fields = "--format=JobID,State,ExitCode,NodeList"
        out = _run("sacct", "--noheader", "--allocations", "--parsable2", f"--jobs={','.join(jobs)}", fields)
        for line in out.splitlines():
            name, state, code, node = (*line.split("|"), "", "", "")[:4]
            key = _key(name)
            if key and not state.startswith(("PENDING", "RUNNING", "REQUEUED", "RESIZING", "SUSPENDED")):
                found[key] = FinishedJob(state.split(" by ")[0], code, _node(node))
    except SlurmError:
        pass  # no accounting on this cluster
    for job in jobs:
        for key, ended in _finished_by_controller(job).items():
            found.setdefault(key, ended)
    return found


def max_array_size() -> int:
    """How many tasks one array may have; Slurm's default where there is no Slurm to ask."""
    try:
        found = re.search(r"^MaxArraySize\s*=\s*(\d+)", _run("scontrol", "show", "config"), re.MULTILINE)
    except SlurmError:
        return _MAX_ARRAY_SIZE
    return int(found[1]) if found and int(found[1]) else _MAX_ARRAY_SIZE


def scancel(jobs: Sequence[str]) -> None:
    """Cancels jobs; arrays as a whole.

    Raises:
        SlurmError: scancel is not installed, fails or does not answer.
    """
    if jobs:
        _run("scancel", *jobs)


def _finished_by_controller(job: str) -> dict[tuple[str, int | None], FinishedJob]:
    try:
        out = _run("scontrol", "--oneliner", "show", "job", job)
    except SlurmError:
        return {}
    found: dict[tuple[str, int | None], FinishedJob] = {}
    for line in out.splitlines():
        values = dict(_FIELD.findall(line))
        index = values.get("ArrayTaskId", "")
        if values.get("JobState", "") in {"", "PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED"}:
            continue
        key = (str(values.get("ArrayJobId", values["JobId"])), int(index) if index.isdigit() else None)
        found[key] = FinishedJob(values["JobState"], values.get("ExitCode", ""), _node(values.get("NodeList", "")))
    return found


def _key(name: str) -> tuple[str, int | None] | None:
    """Job and index of `12_3` or `12`; None for a part of an array that has not started, such as `12_[4-9]`."""
    job, _, index = name.partition("_")
    if not job.isdigit() or (index and not index.isdigit()):
        return None
    return job, int(index) if index else None


def _node(name: str) -> str:
    return "" if name in {"None assigned", "(null)"} else name


def _run(*line: str) -> str:
    """The output of one of Slurm's commands."""
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False)
    except FileNotFoundError as error:
        raise SlurmError(f"{line[0]} is not installed here", "Run this on a node that has Slurm's commands.") from error
    except (subprocess.TimeoutExpired, OSError) as error:
        raise SlurmError(
            f"{line[0]} did not answer in {_TIMEOUT_SECONDS} s", "Try again when the controller is less busy."
        ) from error
    if done.returncode:
        messages = [text for text in (done.stderr or done.stdout).splitlines() if text.strip()]
        raise SlurmError(
            f"{line[0]} failed: {messages[-1] if messages else f'exit code {done.returncode}'}", "Try again in a while."
        )
    return done.stdout

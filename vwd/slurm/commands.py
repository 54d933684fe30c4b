"""Slurm's commands: squeue for queued jobs, sacct or scontrol for finished ones, scancel. Each may be missing.

What they write is judged line by line: clusters wrap these commands, and others choose the comments of their jobs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vwd.errors import SlurmError
from vwd.shards.variables import number_in
from vwd.slurm.run import CommandTimeoutError, printable, run_command

_TIMEOUT_SECONDS = 20
_JOB = re.compile(r"[1-9][0-9]{0,17}")
_STATE = re.compile(r"[A-Z][A-Z_]{0,40}")
_EXIT_CODE = re.compile(r"[0-9]{1,5}:[0-9]{1,5}")
_FIELD = re.compile(r"(?<!\w)(\w+)=(\S*)", re.ASCII)
_NOT_ENDED = {"PENDING", "RUNNING", "REQUEUED", "RESIZING", "SUSPENDED", "COMPLETING", "CONFIGURING"}

# A job, and its index in an array, or None.
JobKey = tuple[str, int | None]


@dataclass(frozen=True)
class QueuedJob:
    """A job in the queue, or one task of an array.

    Attributes:
        index: in its array; None for a job that is not one, or where squeue does not say it.
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


def is_job(text: str) -> bool:
    """Whether a text is the number of a job."""
    return bool(_JOB.fullmatch(text))


def queued_jobs(names: Sequence[str]) -> list[QueuedJob]:
    """The jobs in the queue that have one of these names, the tasks of an array one by one.

    Raises:
        SlurmError: squeue is not installed, fails or does not answer.
    """
    if not names:
        return []
    wanted = set(names)
    out = run_slurm("squeue", "--noheader", "--array", f"--name={','.join(names)}", "--format=%F|%K|%T|%r|%N|%j|%k")
    found = []
    for line in out.split("\n"):
        if line.count("|") < 6:
            continue  # the rest of somebody's comment of several lines
        job, index, state, reason, node, name, comment = line.split("|", 6)
        if is_job(job) and name in wanted:
            found.append(
                QueuedJob(job, number_in(index), printable(state), printable(reason), printable(node), name, comment)
            )
    return found


def finished_jobs(jobs: Sequence[str]) -> dict[JobKey, FinishedJob]:
    """How the tasks of these jobs ended, by job and index, as far as Slurm still knows.

    sacct is asked first. It lags by seconds and many clusters do not have it: then the controller, which forgets a
    job after minutes.
    """
    if not jobs:
        return {}
    found: dict[JobKey, FinishedJob] = {}
    try:
        fields = "--format=JobID,State,ExitCode,NodeList"
        out = run_slurm("sacct", "--noheader", "--allocations", "--parsable2", f"--jobs={','.join(jobs)}", fields)
        found = dict(_ended(_accounted(out)))
    except SlurmError:
        pass  # no accounting on this cluster
    for job in jobs:
        try:
            out = run_slurm("scontrol", "--oneliner", "show", "job", job)
        except CommandTimeoutError:
            break  # nor would it answer for the next one
        except SlurmError:
            continue  # it has forgotten this job
        for key, ended in _ended(_controlled(out)):
            found.setdefault(key, ended)
    return found


def scancel(jobs: Sequence[str]) -> None:
    """Cancels jobs; arrays as a whole.

    Raises:
        SlurmError: scancel is not installed, fails or does not answer.
    """
    if jobs:
        run_slurm("scancel", *jobs)


def run_slurm(*line: str) -> str:
    """The output of one of Slurm's commands.

    Raises:
        SlurmError: it is not installed, fails or does not answer.
    """
    try:
        done = run_command(line, _TIMEOUT_SECONDS)
    except FileNotFoundError as error:
        raise SlurmError(f"{line[0]} is not installed here", "Run this on a node that has Slurm's commands.") from error
    if done.code:
        reason = done.messages[-1] if done.messages else f"exit code {done.code}"
        raise SlurmError(f"{line[0]} failed: {reason}", "Try again in a while.")
    return done.stdout


def _accounted(out: str) -> Iterator[tuple[str, str, str, str, str]]:
    """sacct's jobs: number, index, state, exit code, node. `12_[4-9]`, which has not started, has no such index."""
    for line in out.split("\n"):
        name, state, code, node = (*line.split("|"), "", "", "")[:4]
        job, _, index = name.partition("_")
        yield job, index, state.split(" by ")[0], code, node


def _controlled(out: str) -> Iterator[tuple[str, str, str, str, str]]:
    """scontrol's jobs, likewise."""
    for line in out.split("\n"):
        of = dict(_FIELD.findall(line))
        job = of.get("ArrayJobId") or of.get("JobId", "")
        yield job, of.get("ArrayTaskId", ""), of.get("JobState", ""), of.get("ExitCode", ""), of.get("NodeList", "")


def _ended(rows: Iterator[tuple[str, str, str, str, str]]) -> Iterator[tuple[JobKey, FinishedJob]]:
    """The jobs among them that have ended; what is not a job, a state or a code is none."""
    for job, index, state, code, node in rows:
        number = number_in(index) if index else None
        if not is_job(job) or (index and number is None) or not _STATE.fullmatch(state) or state in _NOT_ENDED:
            continue
        where = "" if node in {"None assigned", "(null)"} else printable(node)
        yield (job, number), FinishedJob(state, code if _EXIT_CODE.fullmatch(code) else "", where)

"""The tasks that ended without their shards: how, where, and what shows their log."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vwd.slurm.paths import log_folder
from vwd.slurm.plan import tasks_of
from vwd.slurm.queue import EndedJob, ended_jobs
from vwd.slurm.records import JobRecord, is_local
from vwd.slurm.shards import Standing
from vwd.slurm.submission import Submission

_TAIL_BYTES = 8192
# 128 + SIGTERM; sacct takes the 128 off.
_TERMINATED = {"143", "15"}
_UNKNOWN = EndedJob("UNKNOWN", "", "")


@dataclass(frozen=True)
class FailedTask:
    """A task of a submission that does not live any more, and whose shards do not all stand.

    Attributes:
        shards: the numbers of those that do not.
        job: as Slurm writes it, such as `12_3`; "" where it was never queued.
        state: as Slurm names it; UNKNOWN where nobody knows any more.
        exit_code: `code:signal`; "" where nobody knows.
        reason: one line.
        show_log: a command; "" where there is no log.
    """

    submission: int
    task: int
    shards: tuple[int, ...]
    job: str
    state: str
    exit_code: str
    node: str
    reason: str
    show_log: str


def owners(standing: Standing, numbers: Collection[int]) -> dict[int, tuple[Submission, int]]:
    """The last submission that asked for each of these shards, and its task."""
    wanted, found = set(numbers), dict[int, tuple[Submission, int]]()
    for one in standing.submissions:
        for task, shards in enumerate(tasks_of(one.ranges, one.num_tasks)):
            for shard in shards:
                if shard.number in wanted:
                    found[shard.number] = (one, task)
    return found


def failed_tasks(standing: Standing, records: dict[int, list[JobRecord]], numbers: Collection[int]) -> list[FailedTask]:
    """The tasks to which these shards belong, in order. Asks Slurm how they went, as far as it is there."""
    of_task: dict[tuple[int, int], list[int]] = {}
    for number, (one, task) in sorted(owners(standing, numbers).items()):
        of_task.setdefault((one.number, task), []).append(number)
    jobs = {number: _record(records.get(number, ()), task) for number, task in of_task}
    ended = ended_jobs([job.job for job in _distinct(jobs.values()) if not is_local(job)])
    by_number = {one.number: one for one in standing.submissions}
    failed = []
    for (number, task), shards in sorted(of_task.items()):
        record = _record(records.get(number, ()), task)
        failed.append(_failed(standing, by_number[number], task, tuple(shards), record, ended))
    return failed


def _failed(
    standing: Standing, one: Submission, task: int, shards: tuple[int, ...], record: JobRecord | None,
    ended: dict[tuple[str, int | None], EndedJob],
) -> FailedTask:  # fmt: skip
    if record is None:
        return FailedTask(one.number, task, shards, "", "NOT QUEUED", "", "", "was never queued", "")
    local = is_local(record)
    index = task - record.offset
    how = _UNKNOWN if local else ended.get((record.job, index), _UNKNOWN)
    name = f"local_{task}" if local else f"{record.job}_{index}"
    log = log_folder(standing.paths) / f"{one.name}_{name}.out"
    return FailedTask(
        one.number, task, shards, name, how.state, how.exit_code, how.node, _reason(how, log),
        f"tail -n 50 {shlex.quote(str(log))}" if log.is_file() else "",
    )  # fmt: skip


def _reason(how: EndedJob, log: Path) -> str:
    """What the task itself said, else what Slurm says."""
    code, _, signum = how.exit_code.partition(":")
    if how.state == "FAILED" and signum.isdigit() and int(signum):
        with suppress(ValueError):
            return f"killed by {signal.Signals(int(signum)).name}"
    if code in _TERMINATED:
        return "stopped by SIGTERM, as at a time limit or a preemption; what is finished is kept"
    slurm_ended = {"TIMEOUT": "the time limit", "NODE_FAIL": "its node failed", "OUT_OF_MEMORY": "out of memory",
                   "CANCELLED": "cancelled", "PREEMPTED": "preempted", "DEADLINE": "its deadline",
                   "BOOT_FAIL": "its node did not start"}  # fmt: skip
    if how.state in slurm_ended:
        return slurm_ended[how.state]
    said = [line for line in _tail(log) if line.startswith(("Error: ", "Stopped by "))]
    if said:
        return said[-1].removeprefix("Error: ")
    if not log.is_file():
        return "it left no log"
    return f"ended with exit code {code}" if code not in {"", "0"} else "its shards do not stand"


def _tail(log: Path) -> Iterator[str]:
    with suppress(OSError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        yield from file.read().decode(errors="replace").splitlines()


def _record(records: Iterable[JobRecord], task: int) -> JobRecord | None:
    """The array that a task was queued in."""
    pack = (record for record in records if record.role == "pack")
    return next((record for record in pack if record.offset <= task < record.offset + record.tasks), None)


def _distinct(records: Iterable[JobRecord | None]) -> list[JobRecord]:
    return list({record.job: record for record in records if record}.values())

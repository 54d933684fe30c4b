"""The tasks that ended without completing their shards: how, where, and how to see their log."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vwd.slurm.arrays import split_tasks
from vwd.slurm.commands import FinishedJob, finished_jobs
from vwd.slurm.coverage import Coverage
from vwd.slurm.jobs import JobRecord, is_local
from vwd.slurm.paths import log_folder
from vwd.slurm.submission import Submission

_TAIL_BYTES = 8192
# 128 + SIGTERM; sacct takes the 128 off.
_TERMINATED = {"143", "15"}
_UNKNOWN = FinishedJob("UNKNOWN", "", "")


@dataclass(frozen=True)
class FailedTask:
    """A task of a submission that has ended, but not all of whose shards are complete.

    Attributes:
        shards: the numbers of those that are not.
        job: as Slurm writes it, such as `12_3`; "" where it was never queued.
        state: as Slurm names it; UNKNOWN where it has forgotten.
        exit_code: `code:signal`; "" where it is unknown.
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


def owning_tasks(coverage: Coverage, numbers: Collection[int]) -> dict[int, tuple[Submission, int]]:
    """The last submission that asked for each of these shards, and its task."""
    wanted, found = set(numbers), dict[int, tuple[Submission, int]]()
    for one in coverage.submissions:
        for task, shards in enumerate(split_tasks(one.ranges, one.num_tasks)):
            for shard in shards:
                if shard.number in wanted:
                    found[shard.number] = (one, task)
    return found


def failed_tasks(coverage: Coverage, records: dict[int, list[JobRecord]], numbers: Collection[int]) -> list[FailedTask]:
    """The tasks to which these shards belong, in order. Asks Slurm how they ended, where it is installed."""
    of_task: dict[tuple[int, int], list[int]] = {}
    for number, (one, task) in sorted(owning_tasks(coverage, numbers).items()):
        of_task.setdefault((one.number, task), []).append(number)
    jobs = {number: _record(records.get(number, ()), task) for number, task in of_task}
    ended = finished_jobs([job.job for job in _distinct(jobs.values()) if not is_local(job)])
    by_number = {one.number: one for one in coverage.submissions}
    failed = []
    for (number, task), shards in sorted(of_task.items()):
        record = _record(records.get(number, ()), task)
        failed.append(_failed(coverage, by_number[number], task, tuple(shards), record, ended))
    return failed


def _failed(
    coverage: Coverage, one: Submission, task: int, shards: tuple[int, ...], record: JobRecord | None,
    ended: dict[tuple[str, int | None], FinishedJob],
) -> FailedTask:  # fmt: skip
    if record is None:
        return FailedTask(one.number, task, shards, "", "NOT QUEUED", "", "", "was never queued", "")
    local = is_local(record)
    index = task - record.offset
    outcome = _UNKNOWN if local else ended.get((record.job, index), _UNKNOWN)
    name = f"local_{task}" if local else f"{record.job}_{index}"
    log = log_folder(coverage.paths) / f"{one.name}_{name}.out"
    return FailedTask(
        one.number, task, shards, name, outcome.state, outcome.exit_code, outcome.node, _reason(outcome, log),
        f"tail -n 50 {shlex.quote(str(log))}" if log.is_file() else "",
    )  # fmt: skip


def _reason(outcome: FinishedJob, log: Path) -> str:
    """What the task itself reported, else what Slurm says."""
    code, _, signum = outcome.exit_code.partition(":")
    if outcome.state == "FAILED" and signum.isdigit() and int(signum):
        with suppress(ValueError):
            return f"killed by {signal.Signals(int(signum)).name}"
    if code in _TERMINATED:
        return "stopped by SIGTERM, as at a time limit or a preemption; finished shards are kept"
    slurm_ended = {"TIMEOUT": "the time limit", "NODE_FAIL": "its node failed", "OUT_OF_MEMORY": "out of memory",
                   "CANCELLED": "cancelled", "PREEMPTED": "preempted", "DEADLINE": "its deadline",
                   "BOOT_FAIL": "its node did not start"}  # fmt: skip
    if outcome.state in slurm_ended:
        return slurm_ended[outcome.state]
    errors = [line for line in _tail(log) if line.startswith(("Error: ", "Stopped by "))]
    if errors:
        return errors[-1].removeprefix("Error: ")
    if not log.is_file():
        return "it left no log"
    return f"ended with exit code {code}" if code not in {"", "0"} else "its shards are not complete"


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

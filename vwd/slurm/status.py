"""How far a submission is: the ledger joined with the queue."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from vwd.errors import SlurmError
from vwd.shards.paths import OutputPaths
from vwd.shards.summary import recent_rate
from vwd.slurm.coverage import read_coverage
from vwd.slurm.failures import FailedTask, failed_tasks
from vwd.slurm.jobs import PENDING, RUNNING, Jobs, find_jobs, held_shards


@dataclass(frozen=True)
class SlurmStatus:
    """Shards of one dataset by state, and the tasks that failed.

    Attributes:
        running, pending, failed: shards that are not complete: held by a running task, by a pending one, or by none.
            None where the queue cannot be asked.
        waiting: why tasks are pending, as Slurm names it, and how many.
        samples_per_second: recent, of all tasks together; 0 before the first shard.
        seconds_left: None where it is unknown, 0 when all is done.
        note: why the queue could not be asked; "" where it could.
    """

    dataset: str
    shards: int
    done: int
    running: int | None
    pending: int | None
    failed: int | None
    live_tasks: int
    waiting: dict[str, int]
    samples: int
    samples_per_second: float
    seconds_left: float | None
    failed_tasks: tuple[FailedTask, ...]
    note: str

    @property
    def over(self) -> bool:
        """Whether nothing more will happen without a retry."""
        return self.done == self.shards or (self.live_tasks == 0 and not self.note)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def slurm_status(paths: OutputPaths) -> SlurmStatus:
    """The status of one dataset's output.

    Raises:
        OutputError: a submission or the `pack.json` cannot be read.
    """
    coverage = read_coverage(paths)
    incomplete = coverage.incomplete
    jobs, note = Jobs({}, ()), ""
    try:
        jobs = find_jobs(paths, coverage.submissions)
    except SlurmError as error:
        note = error.what
    held = held_shards(coverage.submissions, jobs.live)
    states = [held.get(number) for number in incomplete]
    lost = [] if note else [number for number in incomplete if number not in held]
    done = [coverage.entries[n] for n in coverage.wanted if n not in incomplete]
    rate, rows = recent_rate(done), sum(entry.stop - entry.start for entry in done)
    samples = sum(entry.samples for entry in done)
    left = sum(coverage.wanted[n].stop - coverage.wanted[n].start for n in incomplete)
    row_rate = rate * rows / max(1, samples)
    return SlurmStatus(
        dataset=paths.dataset,
        shards=len(coverage.wanted),
        done=len(done),
        running=None if note else states.count(RUNNING),
        pending=None if note else states.count(PENDING),
        failed=None if note else len(lost),
        live_tasks=sum(task.role == "pack" for task in jobs.live),
        waiting=dict(Counter(task.reason for task in jobs.live if task.role == "pack" and task.reason)),
        samples=samples,
        samples_per_second=round(rate, 2),
        seconds_left=0.0 if not incomplete else round(left / row_rate, 1) if row_rate else None,
        failed_tasks=tuple(failed_tasks(coverage, jobs.records, lost)) if lost else (),
        note=note,
    )

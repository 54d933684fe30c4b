"""How far a submission is: the ledger joined with the queue."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from vwd.errors import SlurmError
from vwd.shards.paths import OutputPaths
from vwd.shards.summary import recent_rate
from vwd.slurm.failures import FailedTask, failed_tasks
from vwd.slurm.live import PENDING, RUNNING, Jobs, find_jobs, held_shards
from vwd.slurm.shards import look


@dataclass(frozen=True)
class SlurmStatus:
    """Shards of one dataset by state, and the tasks that failed.

    Attributes:
        running, pending, failed: of the shards that do not stand: held by a task that runs, by one that waits, or by
            none. None where the queue cannot be asked.
        waiting: why tasks wait, as Slurm names it, and how many.
        samples_per_second: of all tasks together, lately; 0 before the first shard.
        seconds_left: None where nothing tells, 0 when all is done.
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
        """Whether nothing more will happen by itself."""
        return self.done == self.shards or (self.live_tasks == 0 and not self.note)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def slurm_status(paths: OutputPaths) -> SlurmStatus:
    """The status of one dataset's output.

    Raises:
        OutputError: a submission or the `pack.json` cannot be read.
    """
    standing = look(paths)
    lacking = {*standing.missing, *standing.torn}
    jobs, note = Jobs({}, ()), ""
    try:
        jobs = find_jobs(paths, standing.submissions)
    except SlurmError as error:
        note = error.what
    held = held_shards(standing, jobs.live)
    states = [held.get(number) for number in lacking]
    lost = [] if note else [number for number in lacking if number not in held]
    done = [standing.entries[n] for n in standing.wanted if n not in lacking]
    rate, rows = recent_rate(done), sum(entry.stop - entry.start for entry in done)
    samples = sum(entry.samples for entry in done)
    left = sum(standing.wanted[n].stop - standing.wanted[n].start for n in lacking)
    row_rate = rate * rows / max(1, samples)
    return SlurmStatus(
        dataset=paths.dataset,
        shards=len(standing.wanted),
        done=len(done),
        running=None if note else states.count(RUNNING),
        pending=None if note else states.count(PENDING),
        failed=None if note else len(lost),
        live_tasks=sum(task.role == "pack" for task in jobs.live),
        waiting=dict(Counter(task.reason for task in jobs.live if task.role == "pack" and task.reason)),
        samples=samples,
        samples_per_second=round(rate, 2),
        seconds_left=0.0 if not lacking else round(left / row_rate, 1) if row_rate else None,
        failed_tasks=tuple(failed_tasks(standing, jobs.records, lost)) if lost else (),
        note=note,
    )

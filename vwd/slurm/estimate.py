"""What a submission will take: tasks, shards, hours, bytes and files, at the rate that a ledger has measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vwd.shards.ledger import Entry, State, lookup_entries
from vwd.shards.paths import CONTRACT_FILE, OutputPaths, entry_numbers, find_outputs
from vwd.shards.plan import ShardRange
from vwd.slurm.arrays import split_tasks
from vwd.slurm.submission import Submission

# So many shards give the rate accurately enough.
_MEASURED_SHARDS = 1000
# A tar and its ledger entry for each shard; a log for each task; the contract, the summary, three sidecars, the card,
# the submission, and its job records.
_FILES_A_SHARD, _FILES_A_TASK, _FILES_AN_OUTPUT = 2, 1, 10


@dataclass(frozen=True)
class Rate:
    """What shards have taken one worker, skipped rows included.

    Attributes:
        dataset: whose shards were measured; another's where this one has none yet.
        seconds_a_row, bytes_a_row, samples_a_row: on average.
    """

    dataset: str
    seconds_a_row: float
    bytes_a_row: float
    samples_a_row: float


@dataclass(frozen=True)
class Estimate:
    """What a submission takes. Hours and bytes are None without a measured rate.

    Attributes:
        tasks: the numbers of the first and the last shard of each.
        workers: of one task that have a shard to pack.
        hours: of wall-clock time, when `at_once` tasks run all the time.
    """

    dataset: str
    samples: int
    shards: int
    shard_size: int
    tasks: tuple[tuple[int, int], ...]
    arrays: int
    at_once: int
    cpus: int
    workers: int
    measured: str
    hours: float | None
    task_hours: float | None
    bytes: int | None
    inodes: int

    def lines(self) -> list[str]:
        """For a person."""
        lines = [
            self.dataset,
            f"  samples  {self.samples:,} in {self.shards:,} shards of {self.shard_size:,}",
            f"  tasks    {len(self.tasks):,} in {self.arrays} array(s), {self.at_once} at once",
        ]
        if self.hours is None or self.task_hours is None or self.bytes is None:
            lines.append("  hours    unknown: no ledger here has a measured rate; pack a shard or two first")
        else:
            lines.append(f"  hours    {self.hours:.2f}, {self.task_hours:.2f} a task ({self.measured})")
            lines.append(f"  bytes    {self.bytes / 1e9:,.1f} GB")
        lines.append(f"  inodes   {self.inodes:,}")
        if self.workers < self.cpus:
            lines.append(f"  note     a task has {self.workers} shards for {self.cpus} CPUs, and a worker packs whole "
                        "shards: raise SAMPLES_PER_NODE, or lower `shard_size` or CPUS_PER_NODE")  # fmt: skip
        return lines

    def to_json(self) -> dict[str, Any]:
        return {**self.__dict__, "tasks": [{"first_shard": a, "last_shard": b} for a, b in self.tasks]}


def measure(paths: OutputPaths) -> Rate | None:
    """The rate of an output's own ledger, else of another dataset's beside it; None where there is neither."""
    beside = find_outputs(paths.out) if any(paths.out.glob(f"*/{CONTRACT_FILE}")) else []
    for one in (paths, *beside):
        read = lookup_entries(one, entry_numbers(one)[:_MEASURED_SHARDS])
        if rate := _rate(one.dataset, [entry for _, state, entry in read if entry and state is State.DONE]):
            return rate
    return None


def estimate(submission: Submission, rate: Rate | None) -> Estimate:
    """What a submission takes at a rate. A worker packs whole shards: a task cannot use more workers than shards."""
    ranges, settings = submission.ranges, submission.settings
    tasks = split_tasks(ranges, submission.num_tasks)
    rows = _rows(ranges)
    at_once = min(settings.num_nodes, len(tasks))
    workers = min(settings.cpus_per_node, max(len(shards) for shards in tasks))
    files = _FILES_A_SHARD * len(ranges) + _FILES_A_TASK * len(tasks) + _FILES_AN_OUTPUT
    samples = round(rows * rate.samples_a_row) if rate else rows
    if submission.export:  # a video for each sample, and JSONL files for each shard
        files += samples + (2 if submission.export.task == "both" else 1) * len(ranges) + len(tasks)
    longest = max(tasks, key=len)
    seconds = (
        None if rate is None else rate.seconds_a_row * (_rows(longest) / len(longest)) * -(-len(longest) // workers)
    )
    return Estimate(
        dataset=submission.dataset,
        samples=rows,
        shards=len(ranges),
        shard_size=submission.work.shard_size,
        tasks=tuple((shards[0].number, shards[-1].number) for shards in tasks),
        arrays=len(submission.windows),
        at_once=at_once,
        cpus=settings.cpus_per_node,
        workers=workers,
        measured=f"{1 / rate.seconds_a_row:.1f} rows/s a worker, by the ledger of {rate.dataset}" if rate else "",
        hours=None if seconds is None else seconds * -(-len(tasks) // at_once) / 3600,
        task_hours=None if seconds is None else seconds / 3600,
        bytes=round(rows * rate.bytes_a_row) if rate else None,
        inodes=files,
    )


def _rate(dataset: str, entries: list[Entry]) -> Rate | None:
    rows, seconds = sum(entry.stop - entry.start for entry in entries), sum(entry.seconds for entry in entries)
    if not rows or not seconds:
        return None
    samples = sum(entry.samples for entry in entries)
    return Rate(dataset, seconds / rows, sum(entry.bytes for entry in entries) / rows, samples / rows)


def _rows(shards: Iterable[ShardRange]) -> int:
    return sum(shard.stop - shard.start for shard in shards)

"""What a submission will take: tasks, shards, hours, bytes and files, at the rate that a ledger has measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vwd.shards.entry import Entry
from vwd.shards.ledger import State, open_ledger
from vwd.shards.parts import Part, busiest_rows, split_shards, whole_shards
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
        workers: of the longest task that have rows to pack.
        split: whether several workers may share a shard.
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
    split: bool
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
            f"  CPUs     {self.workers:,} of {self.cpus:,} a task have rows to pack",
        ]
        if self.hours is None or self.task_hours is None or self.bytes is None:
            lines.append("  hours    unknown: no ledger here has a measured rate; pack a shard or two first")
        else:
            lines.append(f"  hours    {self.hours:.2f}, {self.task_hours:.2f} a task ({self.measured})")
            lines.append(f"  bytes    {self.bytes / 1e9:,.1f} GB")
        lines.append(f"  inodes   {self.inodes:,}")
        if note := _idle(self.workers, self.cpus, self.split):
            lines.append(f"  note     {note}")
        return lines

    def to_json(self) -> dict[str, Any]:
        return {**self.__dict__, "tasks": [{"first_shard": a, "last_shard": b} for a, b in self.tasks]}


def measure(paths: OutputPaths) -> Rate | None:
    """The rate of an output's own ledger, else of another dataset's beside it; None where there is neither."""
    beside = find_outputs(paths.out) if any(paths.out.glob(f"*/{CONTRACT_FILE}")) else []
    for one in (paths, *beside):
        if not one.contract.exists():
            continue
        read = open_ledger(one).lookup_many(entry_numbers(one)[:_MEASURED_SHARDS])
        if rate := _rate(one.dataset, [entry for _, state, entry, _ in read if entry and state is State.DONE]):
            return rate
    return None


def estimate(submission: Submission, rate: Rate | None) -> Estimate:
    """What a submission takes at a rate, where every worker has a CPU."""
    ranges, settings = submission.ranges, submission.settings
    tasks = split_tasks(ranges, submission.num_tasks)
    rows = _rows(ranges)
    at_once = min(settings.num_nodes, len(tasks))
    parts = _longest_task(submission)
    files = _FILES_A_SHARD * len(ranges) + _FILES_A_TASK * len(tasks) + _FILES_AN_OUTPUT
    samples = round(rows * rate.samples_a_row) if rate else rows
    if submission.export:  # a video for each sample, and JSONL files for each shard
        files += samples + (2 if submission.export.task == "both" else 1) * len(ranges) + len(tasks)
    seconds = None if rate is None else rate.seconds_a_row * busiest_rows(parts, settings.cpus_per_node)
    return Estimate(
        dataset=submission.dataset,
        samples=rows,
        shards=len(ranges),
        shard_size=submission.work.shard_size,
        tasks=tuple((shards[0].number, shards[-1].number) for shards in tasks),
        arrays=len(submission.windows),
        at_once=at_once,
        cpus=settings.cpus_per_node,
        workers=min(settings.cpus_per_node, len(parts)),
        split=_is_split(submission),
        measured=f"{1 / rate.seconds_a_row:.1f} rows/s a worker, by the ledger of {rate.dataset}" if rate else "",
        hours=None if seconds is None else seconds * -(-len(tasks) // at_once) / 3600,
        task_hours=None if seconds is None else seconds / 3600,
        bytes=round(rows * rate.bytes_a_row) if rate else None,
        inodes=files,
    )


def idle_cpus_note(submission: Submission) -> str:
    """That tasks have CPUs without rows to pack, and what to change; "" where they have not."""
    cpus = submission.settings.cpus_per_node
    return _idle(min(cpus, len(_longest_task(submission))), cpus, _is_split(submission))


def _idle(workers: int, cpus: int, split: bool) -> str:
    if workers >= cpus:
        return ""
    if split:
        return f"a task has rows for {workers} of its {cpus} CPUs: raise SAMPLES_PER_NODE, or lower CPUS_PER_NODE"
    return (
        f"a task has {workers} shards for {cpus} CPUs, and workers do not share a shard of a stream: raise "
        "SAMPLES_PER_NODE, or lower `shard_size` or CPUS_PER_NODE"
    )


def _longest_task(submission: Submission) -> list[Part]:
    """What the workers of the task with the most rows do."""
    shards = max(split_tasks(submission.ranges, submission.num_tasks), key=_rows)
    return split_shards(shards, submission.settings.cpus_per_node) if _is_split(submission) else whole_shards(shards)


def _is_split(submission: Submission) -> bool:
    """Whether several workers may share a shard: not where rows are read as they come."""
    return "--streaming" not in submission.pack


def _rate(dataset: str, entries: list[Entry]) -> Rate | None:
    rows, seconds = sum(entry.stop - entry.start for entry in entries), sum(entry.seconds for entry in entries)
    if not rows or not seconds:
        return None
    samples = sum(entry.samples for entry in entries)
    return Rate(dataset, seconds / rows, sum(entry.bytes for entry in entries) / rows, samples / rows)


def _rows(shards: Iterable[ShardRange]) -> int:
    return sum(shard.stop - shard.start for shard in shards)

"""The arrays of a submission: which shards belong to which array task. Pure functions of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from vwd.errors import UsageError
from vwd.limits import MOST_SUBMITTED_SHARDS
from vwd.shards.plan import ShardRange, pick_shards, plan_shards, task_slice


@dataclass(frozen=True)
class Work:
    """What is to be packed.

    Attributes:
        rows: of the whole corpus.
        start_idx, num_samples: the slice of them; all by default.
        shards: the numbers of the only ones to pack; None for all of the slice.
    """

    rows: int
    shard_size: int
    start_idx: int = 0
    num_samples: int | None = None
    shards: tuple[int, ...] | None = None

    def ranges(self) -> tuple[ShardRange, ...]:
        """The shards to pack, rising.

        Raises:
            UsageError: the slice does not fit the corpus or its shards, or has more than a million.
        """
        last = self.rows if self.num_samples is None else min(self.rows, self.start_idx + self.num_samples)
        if self.shard_size > 0 and (last - self.start_idx) // self.shard_size > MOST_SUBMITTED_SHARDS:
            raise UsageError(
                f"{last - self.start_idx:,} rows in shards of {self.shard_size:,} are more than "
                f"{MOST_SUBMITTED_SHARDS:,} shards",
                "Give a larger `shard_size`, or fewer rows.",
            )
        ranges = plan_shards(self.rows, self.shard_size, self.start_idx, self.num_samples)
        return ranges if self.shards is None else pick_shards(ranges, self.shards)


class Window(NamedTuple):
    """One array of a submission: `tasks` array tasks, the first of which is the submission's task `offset`."""

    offset: int
    tasks: int


def count_tasks(ranges: tuple[ShardRange, ...], samples_per_node: int) -> int:
    """How many array tasks: one for `samples_per_node` samples, and never more than there are shards."""
    rows = sum(shard.stop - shard.start for shard in ranges)
    return max(1, min(len(ranges), -(-rows // samples_per_node)))


def split_tasks(ranges: tuple[ShardRange, ...], num_tasks: int) -> list[tuple[ShardRange, ...]]:
    """The shards of every task, as `task` and `num_tasks` select them in `PackSettings`."""
    return [task_slice(ranges, task, num_tasks) for task in range(num_tasks)]


def windows(num_tasks: int, max_array_size: int) -> tuple[Window, ...]:
    """The arrays that a submission is split into, since a cluster accepts no array beyond its MaxArraySize."""
    size = max(1, max_array_size)
    return tuple(Window(offset, min(size, num_tasks - offset)) for offset in range(0, num_tasks, size))


def window_before(arrays: tuple[Window, ...], index: int, num_nodes: int) -> int | None:
    """The array that this one waits for, so that all together never run more than `num_nodes` tasks at once."""
    concurrent = max(1, num_nodes // arrays[0].tasks)
    return index - concurrent if index >= concurrent else None

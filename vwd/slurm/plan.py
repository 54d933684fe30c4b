"""The plan of a submission: which shards are whose array task's. Pure functions of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from vwd.shards.plan import ShardRange, pick_shards, plan_shards, task_slice


@dataclass(frozen=True)
class Work:
    """What is to be packed.

    Attributes:
        rows: of the whole corpus.
        start_idx, num_samples: the slice of them; all by default.
        shards: the numbers of the only ones to make; None for all of the slice.
    """

    rows: int
    shard_size: int
    start_idx: int = 0
    num_samples: int | None = None
    shards: tuple[int, ...] | None = None

    def ranges(self) -> tuple[ShardRange, ...]:
        """The shards to make, rising.

        Raises:
            UsageError: the slice does not fit the corpus or its shards.
        """
        ranges = plan_shards(self.rows, self.shard_size, self.start_idx, self.num_samples)
        return ranges if self.shards is None else pick_shards(ranges, self.shards)


class Window(NamedTuple):
    """One array of a submission: `tasks` array tasks, of which the first is the submission's task `offset`."""

    offset: int
    tasks: int


def count_tasks(ranges: tuple[ShardRange, ...], samples_per_node: int) -> int:
    """How many array tasks: one for so many samples, and never more than there are shards."""
    rows = sum(shard.stop - shard.start for shard in ranges)
    return max(1, min(len(ranges), -(-rows // samples_per_node)))


def tasks_of(ranges: tuple[ShardRange, ...], num_tasks: int) -> list[tuple[ShardRange, ...]]:
    """The shards of every task, as `vwd pack --task I --num-tasks T` takes them."""
    return [task_slice(ranges, task, num_tasks) for task in range(num_tasks)]


def windows(num_tasks: int, max_array_size: int) -> tuple[Window, ...]:
    """The arrays that a submission is split into, since a cluster takes no array beyond its MaxArraySize."""
    size = max(1, max_array_size)
    return tuple(Window(offset, min(size, num_tasks - offset)) for offset in range(0, num_tasks, size))


def window_before(arrays: tuple[Window, ...], index: int, num_nodes: int) -> int | None:
    """The array that this one waits for, so that all of them together keep to `num_nodes` tasks at once."""
    side_by_side = max(1, num_nodes // arrays[0].tasks)
    return index - side_by_side if index >= side_by_side else None

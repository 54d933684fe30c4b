"""The plan: which rows go into which shard, and which shards into which task. Pure functions of numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from vwd.errors import UsageError


@dataclass(frozen=True)
class ShardRange:
    """One shard's rows: `start` to `stop` (exclusive).

    Attributes:
        whole: False where `num_samples` ends inside this shard and the corpus has more rows for it.
    """

    number: int
    start: int
    stop: int
    whole: bool


def plan_shards(
    rows: int, shard_size: int, start_idx: int = 0, num_samples: int | None = None
) -> tuple[ShardRange, ...]:
    """The shards of a slice of a corpus of `rows` rows: shard k holds rows [k·S, (k+1)·S).

    Raises:
        UsageError: the slice does not start where a shard starts, or holds no row.
    """
    if shard_size < 1:
        raise UsageError(f"`shard_size` {shard_size}", "Give at least 1.")
    if start_idx < 0 or start_idx % shard_size:
        below = max(start_idx, 0) // shard_size * shard_size
        raise UsageError(
            f"`start_idx` {start_idx} is not where a shard of {shard_size} rows starts",
            f"Take {below} or {below + shard_size}, the nearest two that are, or another `shard_size`.",
        )
    if num_samples is not None and num_samples < 1:
        raise UsageError(f"`num_samples` {num_samples}", "Give at least 1, or leave it out for all rows.")
    if start_idx >= rows:
        raise UsageError(f"`start_idx` {start_idx} is beyond the last of {rows} rows", f"Start below {rows}.")
    end = rows if num_samples is None else min(rows, start_idx + num_samples)
    ranges = []
    for start in range(start_idx, end, shard_size):
        full = min(start + shard_size, rows)
        stop = min(full, end)
        ranges.append(ShardRange(start // shard_size, start, stop, stop == full))
    return tuple(ranges)


def pick_shards(shards: tuple[ShardRange, ...], numbers: Collection[int]) -> tuple[ShardRange, ...]:
    """Those of a slice's shards that have these numbers.

    Raises:
        UsageError: the slice has no shard of one of these numbers.
    """
    wanted = set(numbers)
    picked = tuple(shard for shard in shards if shard.number in wanted)
    if unknown := wanted - {shard.number for shard in picked}:
        raise UsageError(
            f"`shards`: shard {min(unknown)} is not in the slice, whose shards are {shards[0].number} to "
            f"{shards[-1].number}", "Name shards of the slice, or change the slice.",
        )  # fmt: skip
    return picked


def task_slice(shards: tuple[ShardRange, ...], task: int, num_tasks: int) -> tuple[ShardRange, ...]:
    """The shards of one task: consecutive ones; two tasks' numbers of shards differ by one at most.

    Raises:
        UsageError: there is no such task.
    """
    if num_tasks < 1 or not 0 <= task < num_tasks:
        raise UsageError(f"`task` {task} of `num_tasks` {num_tasks}", "Tasks are numbered from 0 to T - 1.")
    return shards[task * len(shards) // num_tasks : (task + 1) * len(shards) // num_tasks]


def array_task(environment: Mapping[str, str]) -> tuple[int, int] | None:
    """This task's number from 0 and the number of tasks, where Slurm runs it in an array; else None.

    Raises:
        UsageError: a variable is missing or not a number, or the array has gaps, so that its
            count does not identify the tasks.
    """
    if "SLURM_ARRAY_TASK_ID" not in environment:
        return None
    try:
        task, count = (int(environment[f"SLURM_ARRAY_TASK_{name}"]) for name in ("ID", "COUNT"))
        first = int(environment.get("SLURM_ARRAY_TASK_MIN", 0))
        last = int(environment.get("SLURM_ARRAY_TASK_MAX", first + count - 1))
    except (KeyError, ValueError) as error:
        raise UsageError(
            f"Slurm's array variables do not identify this task: {error}", "Give `task` I and `num_tasks` T."
        ) from error
    if last - first + 1 != count:
        raise UsageError(
            f"the Slurm array has {count} tasks between {first} and {last}: its gaps hide which rows belong to a task",
            "Give `task` I and `num_tasks` T.",
        )
    return task - first, count

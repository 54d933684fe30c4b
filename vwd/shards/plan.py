"""The plan: which rows go into which shard, and which shards into which task. Pure functions of numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from vwd.errors import UsageError
from vwd.limits import COUNT_LIMIT, MOST_LISTED_SHARDS, MOST_TASKS
from vwd.shards.variables import count_variable

_GIVE_TASK = "Give `task` I and `num_tasks` T."


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
        UsageError: the slice does not start where a shard starts, or holds no row; or there are too many shards.
    """
    if not 1 <= shard_size < COUNT_LIMIT:
        raise UsageError(f"`shard_size` {shard_size}", f"Give at least 1, and less than {COUNT_LIMIT:,}.")
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
    if (end - start_idx) // shard_size > MOST_LISTED_SHARDS:
        raise UsageError(
            f"`shard_size` {shard_size} makes more than {MOST_LISTED_SHARDS:,} shards", "Give a larger `shard_size`."
        )
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
    """This task's number from 0 and the number of tasks, in a Slurm array or an Indexed Job of Kubernetes; else None.

    Kubernetes does not tell how many tasks a Job has: its manifest sets VWD_NUM_TASKS to its `completions`.

    Raises:
        UsageError: a variable is missing or not a number, or the array has gaps, so that its
            count does not identify the tasks.
    """
    if "SLURM_ARRAY_TASK_ID" in environment:
        return _slurm_task(environment)
    index = _number(environment, "JOB_COMPLETION_INDEX")
    if index is None:
        return None
    count = _number(environment, "VWD_NUM_TASKS", 1)
    if count is None:
        raise UsageError(
            "JOB_COMPLETION_INDEX is set, but not VWD_NUM_TASKS, and Kubernetes does not tell how many tasks there are",
            f"Set VWD_NUM_TASKS to the Job's 'completions' in its manifest. {_GIVE_TASK}",
        )
    if index >= count:
        raise UsageError(f"JOB_COMPLETION_INDEX={index} of VWD_NUM_TASKS={count}: the first task is 0", _GIVE_TASK)
    return index, count


def _slurm_task(environment: Mapping[str, str]) -> tuple[int, int]:
    task, count = _number(environment, "SLURM_ARRAY_TASK_ID"), _number(environment, "SLURM_ARRAY_TASK_COUNT", 1)
    if task is None or count is None:
        missing = "SLURM_ARRAY_TASK_ID" if task is None else "SLURM_ARRAY_TASK_COUNT"
        raise UsageError(f"Slurm's array variables do not identify this task: {missing} is not set", _GIVE_TASK)
    first = _number(environment, "SLURM_ARRAY_TASK_MIN") or 0
    last = _number(environment, "SLURM_ARRAY_TASK_MAX")
    last = first + count - 1 if last is None else last
    if last - first + 1 != count:
        raise UsageError(
            f"the Slurm array has {count} tasks between {first} and {last}: its gaps hide which rows belong to a task",
            _GIVE_TASK,
        )
    if not first <= task <= last:
        raise UsageError(f"SLURM_ARRAY_TASK_ID={task} is not between {first} and {last}", _GIVE_TASK)
    return task - first, count


def _number(environment: Mapping[str, str], name: str, least: int = 0) -> int | None:
    return count_variable(environment, name, least, MOST_TASKS, _GIVE_TASK)

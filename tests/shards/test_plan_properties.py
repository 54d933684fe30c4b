"""The plan: every row is in exactly one shard, and every shard belongs to exactly one task."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vwd.errors import UsageError
from vwd.shards.plan import plan_shards, task_slice

counts = st.integers(1, 5_000)
sizes = st.integers(1, 1_200)


@given(rows=counts, size=sizes, skip=st.integers(0, 50), num_samples=st.none() | counts)
def test_every_row_of_the_slice_is_in_exactly_one_shard(
    rows: int, size: int, skip: int, num_samples: int | None
) -> None:
    start = min(skip, (rows - 1) // size) * size
    shards = plan_shards(rows, size, start, num_samples)
    covered = [row for shard in shards for row in range(shard.start, shard.stop)]
    assert covered == list(range(start, rows if num_samples is None else min(rows, start + num_samples)))


@given(rows=counts, size=sizes, num_samples=st.none() | counts)
def test_shard_k_starts_at_k_times_the_shard_size(rows: int, size: int, num_samples: int | None) -> None:
    shards = plan_shards(rows, size, 0, num_samples)
    assert [shard.number for shard in shards] == list(range(len(shards)))
    assert all(shard.start == shard.number * size for shard in shards)
    assert all(0 < shard.stop - shard.start <= size for shard in shards)


@given(rows=counts, size=sizes, num_samples=st.none() | counts)
def test_only_the_number_of_samples_cuts_a_shard(rows: int, size: int, num_samples: int | None) -> None:
    full = {shard.number: shard for shard in plan_shards(rows, size)}
    assert all(shard.whole for shard in full.values())
    shards = plan_shards(rows, size, 0, num_samples)
    assert all(shard.whole == (shard.stop == full[shard.number].stop) for shard in shards)
    assert all(shard.whole for shard in shards[:-1])


@given(rows=counts, size=sizes, tasks=st.integers(1, 60))
def test_the_tasks_share_the_shards_in_order_and_evenly(rows: int, size: int, tasks: int) -> None:
    shards = plan_shards(rows, size)
    slices = [task_slice(shards, task, tasks) for task in range(tasks)]
    assert tuple(shard for part in slices for shard in part) == shards
    assert max(map(len, slices)) - min(map(len, slices)) <= 1


@given(size=st.integers(2, 2_000), start=st.integers(1, 100_000))
def test_a_start_within_a_shard_is_refused_with_the_nearest_two_that_fit(size: int, start: int) -> None:
    if start % size == 0:
        start += 1
    with pytest.raises(UsageError) as refused:
        plan_shards(1_000_000, size, start)
    below, above = map(int, re.findall(r"\d+", refused.value.hint)[:2])
    assert below % size == above % size == 0
    assert below < start < above
    assert above - below == size


@pytest.mark.parametrize(
    ("rows", "size", "start", "num_samples"),
    [(10, 0, 0, None), (10, -5, 0, None), (10, 5, -5, None), (10, 5, 10, None), (10, 5, 0, 0), (10, 5, 0, -1)],
)
def test_a_slice_without_rows_is_refused(rows: int, size: int, start: int, num_samples: int | None) -> None:
    with pytest.raises(UsageError):
        plan_shards(rows, size, start, num_samples)


@pytest.mark.parametrize(("task", "tasks"), [(3, 3), (-1, 3), (0, 0), (0, -1)])
def test_a_task_that_does_not_exist_is_refused(task: int, tasks: int) -> None:
    with pytest.raises(UsageError):
        task_slice(plan_shards(10, 2), task, tasks)

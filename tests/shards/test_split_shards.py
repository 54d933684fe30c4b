"""Which parts of shards workers share: every row once, all workers busy, and none waits long at the end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vwd.shards.parts import busiest_rows, split_shards, whole_shards
from vwd.shards.plan import plan_shards


@given(st.integers(1, 6000), st.integers(40, 3000), st.integers(1, 130))
def test_parts_hold_every_row_once_in_order_and_the_busiest_worker_has_no_more_than_with_whole_shards(
    rows: int, shard_size: int, workers: int
) -> None:
    shards = plan_shards(rows, shard_size)
    parts = split_shards(shards, workers)
    assert [row for part in parts for row in (part.start, part.stop)] == sorted(
        [part.start for part in parts] + [part.stop for part in parts]
    )
    for shard in shards:
        own = [part for part in parts if part.shard == shard]
        assert (own[0].start, own[-1].stop) == (shard.start, shard.stop)
        assert all(before.stop == after.start for before, after in pairwise(own))
        assert len(own) == 1 or all(part.stop - part.start >= 50 for part in own)
    assert busiest_rows(parts, workers) <= busiest_rows(whole_shards(shards), workers)
    whole = len(shards) // workers * workers
    assert all(part.is_whole for part in parts[:whole])


@pytest.mark.parametrize(
    ("shards", "workers", "parts", "busiest"),
    [(10, 120, 120, 84), (1, 2, 12, 500), (2, 3, 21, 668), (5, 4, 16, 1251), (7, 1, 7, 7000), (4, 4, 4, 1000)],
)
def test_shards_that_are_fewer_than_workers_are_split_so_that_all_work(
    shards: int, workers: int, parts: int, busiest: int
) -> None:
    split = split_shards(plan_shards(shards * 1000, 1000), workers)
    assert len(split) == parts
    assert busiest_rows(split, workers) <= busiest


@pytest.mark.parametrize(("rows", "workers"), [(10_000, 2), (30_000, 2), (5000, 9)])
def test_the_last_parts_of_a_shard_are_small_so_that_no_worker_waits_long_for_the_others(
    rows: int, workers: int
) -> None:
    sizes = [part.stop - part.start for part in split_shards(plan_shards(rows, rows), workers, 256)]
    assert all(64 <= size < 128 for size in sizes[-workers:])
    assert all(before >= after - 1 for before, after in pairwise(sizes))

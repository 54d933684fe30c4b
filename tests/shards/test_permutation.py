"""The order of shuffled rows: a permutation for any count and seed, the same on every machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vwd.shards.shuffle import permutation, row_indices

SEEDS = st.integers(-(2**70), 2**70)


@given(st.integers(0, 3000), SEEDS)
def test_it_is_a_permutation_for_any_count_and_seed(count: int, seed: int) -> None:
    assert sorted(permutation(count, seed).tolist()) == list(range(count))


@given(st.integers(1, 3000), SEEDS, st.integers(1, 500))
def test_shards_of_any_size_together_hold_every_row_once(count: int, seed: int, size: int) -> None:
    parts = [row_indices(start, min(start + size, count), count, seed) for start in range(0, count, size)]
    assert sorted(row for part in parts for row in part) == list(range(count))


@given(st.integers(0, 50), st.integers(0, 50))
def test_without_a_seed_the_rows_are_in_order(start: int, more: int) -> None:
    assert row_indices(start, start + more, None, None) == list(range(start, start + more))


def test_different_seeds_give_different_orders() -> None:
    orders = {tuple(permutation(100, seed).tolist()) for seed in range(-50, 50)}
    assert len(orders) == 100


def test_rows_are_well_shuffled() -> None:
    order = permutation(10_000, 0)
    ascents = int((order[1:] > order[:-1]).sum())
    assert 4_800 < ascents < 5_200
    assert abs(float(order[:1000].mean()) - 4999.5) < 300


def test_rows_of_unknown_number_cannot_be_shuffled() -> None:
    with pytest.raises(ValueError, match="rows of unknown number cannot be shuffled"):
        row_indices(0, 5, None, 1)


def test_a_caller_cannot_change_an_order() -> None:
    with pytest.raises(ValueError, match="read-only"):
        permutation(5, 1)[0] = 3


@pytest.mark.parametrize(
    ("seed", "first"),
    [
        (0, [592, 282, 774, 951, 463, 902, 316, 874]),
        (1, [852, 830, 377, 650, 825, 933, 146, 811]),
        (-1, [810, 348, 533, 57, 73, 28, 976, 243]),
        (2**63 - 1, [557, 193, 332, 570, 324, 674, 572, 358]),
    ],
)
def test_the_first_values_never_change(seed: int, first: list[int]) -> None:
    """Outputs that an earlier version began are resumed, so their order must stay the same."""
    assert permutation(1000, seed)[:8].tolist() == first

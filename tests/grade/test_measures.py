"""Edit distances, alignments and confidence intervals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vwd.grade.distance import aligned, edit_distance, prefix_end
from vwd.grade.intervals import bootstrap, wilson

TEXT = st.text("abc", max_size=12)


def slow_distance(one: str, other: str) -> int:
    """By its definition."""
    if not one or not other:
        return len(one) + len(other)
    replaced = slow_distance(one[1:], other[1:]) + (one[0] != other[0])
    return replaced if one[0] == other[0] else min(
        replaced, slow_distance(one[1:], other) + 1, slow_distance(one, other[1:]) + 1
    )  # fmt: skip


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_the_distance_is_the_least_number_of_edits(one: str, other: str) -> None:
    assert edit_distance(one, other) == slow_distance(one, other)


@given(TEXT, TEXT)
def test_aligned_items_are_the_same_and_in_order(one: str, other: str) -> None:
    pairs = aligned(one, other)
    assert all(one[i] == other[j] for i, j in pairs)
    assert [i for i, _ in pairs] == sorted({i for i, _ in pairs})
    assert [j for _, j in pairs] == sorted({j for _, j in pairs})


@given(TEXT)
def test_a_text_is_aligned_with_itself_completely(text: str) -> None:
    assert aligned(text, text) == [(n, n) for n in range(len(text))]


def test_a_question_is_found_before_the_answer_also_with_a_word_read_wrongly() -> None:
    assert prefix_end("what is tvo and two it is four".split(), "what is two and two".split()) == 5


def test_wilsons_interval_is_that_of_the_literature() -> None:
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_bootstraps_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    values = [n % 10 / 10 for n in range(100)]
    low, high = bootstrap(values)
    assert low < 0.45 < high
    assert bootstrap(values) == (low, high)

"""Whatever is coded with the code tables is read back by an independent reader that follows the standard."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpeg4.bitreader import BitReader, Event, codes_of

from vwd.video.mpeg4.blocks import code_levels
from vwd.video.mpeg4.tables import CBPY, DC_SIZE_LUMA, ESCAPE, INTER_COEFFICIENTS, INTRA_COEFFICIENTS, ZIGZAG
from vwd.video.mpeg4.vops import _dc_code

TABLES = {"intra": INTRA_COEFFICIENTS, "inter": INTER_COEFFICIENTS}


def assert_prefix_free(codes: Iterable[str]) -> None:
    in_order = sorted(codes)
    assert all(not later.startswith(earlier) for earlier, later in pairwise(in_order))


def used_fraction(codes: Iterable[str]) -> Fraction:
    """The fraction of all bit strings that start with one of these codes."""
    return sum((Fraction(1, 1 << len(code)) for code in codes), Fraction(0))


@pytest.mark.parametrize("kind", TABLES)
def test_coefficient_codes_are_prefix_free_and_leave_only_nine_zeros_unused(kind: str) -> None:
    codes = codes_of(TABLES[kind])
    assert len(codes) == 102
    assert len(set(codes.values())) == 102
    assert_prefix_free([*codes, ESCAPE])
    assert all("1" in code[:9] for code in codes)
    assert 1 - used_fraction([*codes, ESCAPE]) == Fraction(1, 1 << 9)


def test_pattern_and_size_codes_are_prefix_free_and_nearly_fill_the_space() -> None:
    assert len(set(CBPY)) == 16
    assert_prefix_free(CBPY)
    assert 1 - used_fraction(CBPY) == Fraction(1, 32)
    assert len(DC_SIZE_LUMA) == 13
    assert_prefix_free(DC_SIZE_LUMA)
    assert 1 - used_fraction(DC_SIZE_LUMA) == Fraction(1, 1 << 11)


def test_the_zigzag_visits_every_coefficient_by_rising_diagonals() -> None:
    assert sorted(ZIGZAG) == list(range(64))
    assert ZIGZAG[:10] == (0, 1, 8, 16, 9, 2, 3, 10, 17, 24)
    diagonals = [index // 8 + index % 8 for index in ZIGZAG]
    assert diagonals == sorted(diagonals)


def levels_of(events: list[tuple[int, int]], start: int) -> list[int]:
    """A block's 64 levels in zigzag order, from (run, level) pairs; those that do not fit are left out."""
    block, position = [0] * 64, start
    for run, level in events:
        if position + run < 64:
            block[position + run] = level
            position += run + 1
    return block


def read_back(coded: bytes, kind: str) -> tuple[list[int], list[int]]:
    """The levels in the bits of a block, and how each was coded."""
    reader, block, ways = BitReader(coded), [0] * 64, []
    position = 1 if kind == "intra" else 0
    event = Event(last=not coded, run=0, level=0)
    while not event.last:
        event, way = reader.event(codes_of(TABLES[kind]))
        position += event.run
        block[position] = event.level
        position += 1
        ways.append(way)
    assert reader.left == 0
    return block, ways


LEVELS = st.one_of(
    st.integers(1, 3), st.integers(1, 60), st.integers(1, 2047), st.sampled_from([12, 13, 24, 25, 27, 28, 54, 55, 2047])
)
EVENTS = st.lists(
    st.tuples(st.integers(0, 3) | st.integers(0, 62), LEVELS.flatmap(lambda level: st.sampled_from([level, -level]))),
    max_size=40,
)


@pytest.mark.parametrize("kind", TABLES)
@given(EVENTS)
@example([(0, 2047)] * 63)
@example([(0, -2047), (61, 1)])
@example([(62, -2047)])
def test_any_events_are_read_back(kind: str, events: list[tuple[int, int]]) -> None:
    block = levels_of(events, 1 if kind == "intra" else 0)
    (coded,) = code_levels(np.array([block], np.int64), intra=kind == "intra")
    assert read_back(coded, kind)[0] == block


@pytest.mark.parametrize("kind", TABLES)
def test_every_code_and_every_escape_is_used_where_it_is_the_first_that_fits(kind: str) -> None:
    codes = codes_of(TABLES[kind])
    start = 1 if kind == "intra" else 0
    by_table = set(codes.values())
    seen: set[int] = set()
    for last in (True, False):
        for run in range(63 - start):
            for magnitude in (*range(1, 60), 127, 128, 2047):
                events = [(run, -magnitude), *([] if last else [(0, 1)])]
                if (block := levels_of(events, start)).count(0) != 64 - len(events):
                    continue
                (coded,) = code_levels(np.array([block], np.int64), intra=kind == "intra")
                back, ways = read_back(coded, kind)
                assert back == block
                assert (ways[0] == 0) == ((last, run, magnitude) in by_table)
                seen.add(ways[0])
    assert seen == {0, 1, 2, 3}


@given(st.integers(-256, 255))
def test_any_dc_difference_is_read_back(difference: int) -> None:
    reader = BitReader(_dc_code(difference))
    size = DC_SIZE_LUMA.index(reader.code(dict.fromkeys(DC_SIZE_LUMA)))
    value = reader.read(size)
    if size > 8:
        assert reader.read(1) == 1
    assert reader.left == 0
    assert (value if not size or value >> (size - 1) else value + 1 - (1 << size)) == difference

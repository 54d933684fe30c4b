"""Lines that C sets, and glyphs that it places, are those of NumPy; what NumPy refuses, C leaves to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text.boards import DRAWABLE, LANGUAGES, PACED_SPECS, SPECS, board_of, sample_of

from vwd.errors import ShardError
from vwd.shards.word_table import word_table
from vwd.stream import consistency, lines, page_table
from vwd.stream.atlas import Atlas
from vwd.stream.columns import Columns, columns_of
from vwd.stream.frame_selection import Frames
from vwd.text.layout import lay_out
from vwd.text.storyboard import Storyboard
from vwd.video.fonts import Fonts

pytestmark = pytest.mark.skipif(
    lines.native_lines() is None, reason="vwd.stream._lines was not built: run 'make kernel'"
)

FONTS = Fonts()
SELECTIONS = ["all", 5, 1, "first:2", "stride:7", "reveals", "reveals:4"]
MASKS: list[Any] = [None, "text", "answer"]


def columns(boards: list[Storyboard], atlas: Atlas) -> Columns:
    return columns_of(boards, [word_table(board.words) for board in boards], atlas)


def same(found: Any, expected: Any) -> None:
    for one, other in zip(found, expected, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert np.array_equal(one, other)


def compare(words: Columns, atlas: Atlas, wanted: list[Any], mask: Any) -> bool:
    """Asserts that both give the same, or that NumPy refuses what C gives nothing for; whether it is set in lines."""
    found = lines._set_in_c(words, atlas, wanted, mask)
    try:
        expected = lines._set_by_numpy(words, atlas, wanted, mask)
    except ShardError:
        assert found is None
        return False
    assert found is not None
    same(found, expected)
    return True


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(DRAWABLE, DRAWABLE, LANGUAGES, SPECS | PACED_SPECS), min_size=1, max_size=3),
    st.sampled_from(SELECTIONS),
    st.sampled_from(MASKS),
)
def test_c_sets_the_lines_of_any_storyboards(texts: list[Any], selection: Any, mask: Any) -> None:
    laid_out = [lay_out(sample_of(prompt, answer, language), spec, FONTS) for prompt, answer, language, spec in texts]
    boards = [board for board in laid_out if isinstance(board, Storyboard)]
    if not boards:
        return
    atlas, frames = Atlas(), Frames.parse(selection)
    wanted = [frames.select(board) for board in boards]
    words = columns(boards, atlas)
    if not compare(words, atlas, wanted, mask):
        return
    shown, lined, pieces, _, glyphs = lines._set_by_numpy(words, atlas, wanted, mask)
    widths = np.diff(atlas.starts).astype(np.int64)
    arguments = (pieces, glyphs, widths, atlas.starts[:-1].astype(np.int64), 640)
    native: Any = lines.native_lines()
    rows = lined, len(shown), int(words.size[:, 1].max())
    same([page_table._rows(*rows)], [page_table._rows_by_numpy(*rows)])
    table, across, widest = native.place_glyphs(np.ascontiguousarray(pieces), *arguments[1:])
    expected, sums = page_table._glyphs_by_numpy(*arguments)
    same([np.frombuffer(table, np.int32).reshape(-1, 4)], [expected])
    assert (across, widest) == sums


TWO = [
    board_of("How many lamps are there in the houses of the town?", "Twelve lamps. In all, " + "and more " * 70),
    board_of("Who?", "Nobody. At all."),
]


@settings(deadline=None, max_examples=100)
@given(st.data(), st.sampled_from(SELECTIONS), st.sampled_from(MASKS))
def test_words_that_were_moved_are_judged_as_numpy_judges_them(draw: st.DataObject, selection: Any, mask: Any) -> None:
    atlas = Atlas()
    words = columns(TWO, atlas)
    rows, number = words.rows.copy(), words.number.copy()
    first = [0, len(TWO[0].words)]
    for _ in range(draw.draw(st.integers(0, 2))):
        video = draw.draw(st.integers(0, 1))
        board = TWO[video]
        at = first[video] + draw.draw(st.integers(0, len(board.words) - 1))
        most = (board.frames - 1, board.pages - 1, board.width - rows[at, 4], board.height - rows[at, 5])
        column = draw.draw(st.integers(0, 5))
        if column < 4:
            near = st.integers(-3, 3).map(lambda by: int(np.clip(rows[at, column] + by, 0, most[column])))  # noqa: B023
            rows[at, column] = draw.draw(near | st.integers(0, int(most[column])))
        elif column == 4:
            other = first[video] + draw.draw(st.integers(0, len(board.words) - 1))
            rows[[at, other]] = rows[[other, at]]
            number[[at, other]] = number[[other, at]]
        else:
            number[at] = draw.draw(st.integers(0, len(atlas.measures) - 1))
    frames = Frames.parse(selection)
    compare(replace(words, rows=rows, number=number), atlas, [frames.select(board) for board in TWO], mask)


@pytest.mark.parametrize("wrong", ["page", "frame", "number", "box", "pages", "words", "starts", "frames", "rows"])
@pytest.mark.parametrize("value", [-1, 10**6, 2**62, -(2**63)])
def test_numbers_outside_their_tables_give_nothing(wrong: str, value: int) -> None:
    atlas = Atlas()
    words = columns(TWO, atlas)
    wanted = [Frames.parse("all").select(board) for board in TWO]
    scalars, rows, starts, number = (one.copy() for one in (words.scalars, words.rows, words.starts, words.number))
    times = lines._times(words.frames, wanted)
    column = {"frame": 0, "page": 1, "box": 2, "pages": 10, "words": 11, "frames": 2}
    if wrong == "number":
        number[1] = value
    elif wrong == "starts":
        starts[1] = value
    elif wrong == "rows":
        rows = rows[:-1]
    elif wrong in ("pages", "words", "frames"):
        scalars[0, column[wrong]] = value
    else:
        rows[1, column[wrong]] = value
    rules = np.array([atlas.rule(*one) for one in words.separator[:, 2:].tolist()], np.int64)
    native: Any = lines.native_lines()
    arguments = (scalars, starts, rows, number, rules, atlas.measures, atlas.spelling, *times, False)
    assert native.set_lines(*arguments) is None


def test_glyphs_and_pieces_that_do_not_fit_each_other_are_refused() -> None:
    native: Any = lines.native_lines()
    piece, widths = np.array([[0, 5, 0, 2]], np.int64), np.array([3, 4], np.int64)
    assert native.place_glyphs(piece, np.array([0, 1], np.int32), widths, widths, 640)[1:] == (7, 4)
    for glyphs in ([0], [0, 1, 1], [0, 2], [0, -1]):
        with pytest.raises(ValueError, match="do not fit"):
            native.place_glyphs(piece, np.array(glyphs, np.int32), widths, widths, 640)


STRANGE = st.sampled_from([-1, 0, 1, 4, 9, 40, 100, 1 << 40, (1 << 63) - 1, -(1 << 63)])


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_c_finds_contradictions_that_numpy_finds(draw: st.DataObject) -> None:
    videos = [(draw.draw(st.integers(1, 3)), draw.draw(st.integers(0, 3))) for _ in range(draw.draw(st.integers(1, 3)))]
    scalars = np.array([[100, 50, 9, 1, 1, 0, 0, 40, 3, 1, pages, words] for pages, words in videos], np.int64)
    starts = np.array([3 * page for pages, _ in videos for page in range(pages)], np.int64)
    rows = np.array([[word, 0, 9 * word, 5, 5, 8] for _, words in videos for word in range(words)], np.int64)
    rows = rows.reshape(-1, 6)
    for table in draw.draw(st.lists(st.sampled_from([scalars[:, :10], starts, rows]), max_size=2)):
        if table.size:
            place = np.unravel_index(draw.draw(st.integers(0, table.size - 1)), table.shape)
            table[place] = draw.draw(STRANGE)
    words = Columns(scalars, starts, np.zeros(len(rows), np.int64), rows)
    with np.errstate(over="ignore"):
        expected = consistency._by_numpy(words)
    near = bool((abs(scalars[:, :2].astype(float)) < 1 << 40).all())  # larger ones overflow in NumPy
    assert consistency.consistent(words) == (expected and near)


def test_rows_of_lines_that_exceed_the_page_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        page_table._rows(np.array([[0, 353, 8]], np.int64), 1, 360)
    with pytest.raises(ValueError, match="do not fit"):
        page_table._rows(np.array([[1, 0, 8]], np.int64), 1, 360)

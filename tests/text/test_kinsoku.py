"""Chinese line breaking: marks that close stay off a line's start, marks that open off its end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text.boards import FONTS, board_of, lines_of, sample_of

from vwd.text.layout import lay_out
from vwd.text.spec import PageSpec, StoryboardSpec
from vwd.text.storyboard import Storyboard

CLOSERS, OPENERS = "。，！？、；：）》」』】”’…", "（《「『【“‘"
HANZI = st.text(st.sampled_from("小羊喝水苹果三个大家好天气晴朗数学问题一共多少"), min_size=1, max_size=7)


def clauses(openers: str, closers: str) -> st.SearchStrategy[str]:
    """Words between marks; the text itself starts with no closing mark and ends with no opening one."""
    clause = st.tuples(
        st.text(st.sampled_from(openers), max_size=2), HANZI, st.text(st.sampled_from(closers), max_size=2)
    ).map("".join)
    return st.lists(clause, min_size=1, max_size=40).map(lambda parts: "好" + "".join(parts))


def pages_of(zh_units: str) -> st.SearchStrategy[StoryboardSpec]:
    pages = [PageSpec(), PageSpec(320, 240), PageSpec(320, 240, font_size=16), PageSpec(260, 200, font_size=16)]
    return st.builds(StoryboardSpec, st.sampled_from(pages), st.just(400), st.just("spill"), st.just(zh_units))


@settings(max_examples=150)
@given(clauses(OPENERS, CLOSERS), st.sampled_from(["word", "char"]).flatmap(pages_of))
def test_no_line_starts_with_a_closing_mark_or_ends_with_an_opening_one(text: str, spec: StoryboardSpec) -> None:
    board = lay_out(sample_of(text, text, "zh"), spec, FONTS)
    assert isinstance(board, Storyboard)
    lines = lines_of(board)
    assert "".join(lines) == text * 2
    assert [line for line in lines if line[0] in CLOSERS or line[-1] in OPENERS] == []


@settings(max_examples=100)
@given(clauses("([{", ",.!?;:)]}%"), st.sampled_from(["word", "char"]).flatmap(pages_of))
def test_the_same_holds_for_western_marks_beside_hanzi(text: str, spec: StoryboardSpec) -> None:
    board = board_of(text, text, "zh", spec)
    assert [line for line in lines_of(board) if line[0] in ",.!?;:)]}%" or line[-1] in "([{"] == []


@pytest.mark.parametrize("mark", [*CLOSERS, "·", "℃", "％", "‰", "—", *"～〞／．－", "-", "/"])
@pytest.mark.parametrize("before", range(15, 22))
def test_a_closing_mark_at_the_edge_moves_with_the_word_before_it(mark: str, before: int) -> None:
    text = "".join("苹果"[n % 2] for n in range(before)) + mark + "羊群喝水"
    lines = lines_of(board_of("问。", text, "zh"))
    assert [line for line in lines if line.startswith(mark)] == []


@pytest.mark.parametrize("mark", [*OPENERS, "(", "[", "f("])
@pytest.mark.parametrize("before", range(15, 22))
def test_an_opening_mark_at_the_edge_moves_with_the_word_after_it(mark: str, before: int) -> None:
    text = "".join("苹果"[n % 2] for n in range(before)) + mark + "羊群喝水"
    lines = lines_of(board_of("问。", text, "zh"))
    assert [line for line in lines if line.endswith(mark[-1])] == []


def test_a_source_line_that_starts_with_a_closing_mark_keeps_it() -> None:
    assert "，苹果" in lines_of(board_of("问。", "苹果\n，苹果", "zh"))


@pytest.mark.parametrize(
    "text", ["羊" * 21 + "，" + "羊" * 30, "羊" * 20 + "（" + "羊" * 30, "羊" * 20 + "”。" + "羊" * 30]
)
def test_a_token_longer_than_a_line_is_not_cut_before_a_closing_or_after_an_opening_mark(text: str) -> None:
    lines = lines_of(board_of("Why?", text, "en"))
    assert "".join(lines) == "Why?" + text
    assert [line for line in lines if line[0] in CLOSERS or line[-1] in OPENERS] == []

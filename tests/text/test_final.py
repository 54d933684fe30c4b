"""Which words show the final answer, and which places of the text words are from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text.boards import FONTS, board_of, sample_of

from vwd.corpora.sample import Language
from vwd.text.final import find_final
from vwd.text.layout import lay_out
from vwd.text.spec import StoryboardSpec
from vwd.text.storyboard import Storyboard


@pytest.mark.parametrize(
    ("answer", "final", "mention"),
    [
        ("She has 3 + 4 = 7.\nSo the answer is: 7.", "7", "7"),
        ("It costs \\$9{,}500 in all.", "9500", "9{,}500"),
        ("There are 1,200 of them.", "1200", "1,200"),
        ("It is 1,\\!200.", "1200", "1,\\!200"),
        ("Of 18 and 180, 18 is less than 181.", "18", "18"),
        ("It is -5, or 5 below zero.", "-5", "-5"),
        ("It fell by 5.", "-5", "5"),
        ("Half, $\\frac{1}{2}$, is left.", "\\frac{1}{2}", "\\frac{1}{2}"),
        ("答案是小明。", "小明", "小明"),
        ("It is B, not Bob.", "B", "B"),
        ("3.5 kg and 3.50 kg", "3.50", "3.50"),
    ],
)
def test_the_last_mention_is_found(answer: str, final: str, mention: str) -> None:
    start, end = find_final(answer, final)
    assert answer[start:end] == mention
    assert mention not in answer[end:].split()


@pytest.mark.parametrize(("answer", "final"), [("It is 18.", "8"), ("Bob.", "B"), ("", "1"), ("1", ""), ("", "")])
def test_an_answer_that_does_not_mention_it_has_none(answer: str, final: str) -> None:
    assert find_final(answer, final) == (0, 0)


@given(st.text(), st.text())
def test_a_place_is_within_the_text(answer: str, final: str) -> None:
    start, end = find_final(answer, final)
    assert 0 <= start <= end <= len(answer)


def final_words(answer: str, final: str, language: Language = "en") -> list[str]:
    board = lay_out(replace(sample_of("How many?", answer, language), final_answer=final), StoryboardSpec(), FONTS)
    assert isinstance(board, Storyboard)
    return [board.words[place].text for place in board.final_words]


def test_the_words_of_the_final_answer_are_named() -> None:
    assert final_words("3 + 4 = 7.\nSo the answer is: 7.", "7") == ["7."]
    assert final_words("Then he meets Mary Ann at noon.", "Mary Ann") == ["Mary", "Ann"]
    assert final_words("一共有 18 个。\n答案是：18。", "18", "zh") == ["18。"]
    assert final_words("Nobody knows.", "7") == []


def test_a_word_that_is_cut_has_pieces_that_touch_and_words_do_not() -> None:
    board = board_of("Q", "See " + "x" * 60 + " now.")
    see, first, second, now = board.words[1:]
    assert first.end == second.start
    assert see.end + 1 == first.start
    assert second.end + 1 == now.start
    assert (see.start, now.end) == (0, 69)


def test_places_are_counted_in_code_points() -> None:
    board = board_of("Q", "𝙰𝙱 店 a", "zh")
    assert [(word.text, word.start, word.end) for word in board.words[1:]][-1] == ("a", 5, 6)

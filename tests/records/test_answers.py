"""Answers mean the choice that the whole column says; cells say nothing that is not in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vwd.errors import RowsError
from vwd.records.benchmarks.cells import AnswerForm, answer_form, cell_list, choice_texts, chosen, hint_text

FOUR = ("w", "x", "y", "z")


@pytest.mark.parametrize(
    ("answers", "form"),
    [
        (["A", "b", ""], AnswerForm.LETTER), (["A", "E"], AnswerForm.TEXT), (["0", "2"], AnswerForm.FROM_ZERO),
        (["1", "4"], AnswerForm.FROM_ONE),
        (["w", "z"], AnswerForm.TEXT), (["A", "x"], AnswerForm.TEXT), ([], AnswerForm.TEXT),
        (["", ""], AnswerForm.TEXT),
    ],
)  # fmt: skip
def test_the_whole_column_tells_how_choices_are_counted(answers: list[str], form: AnswerForm) -> None:
    assert answer_form("answer", [(text, FOUR) for text in answers]) is form


@pytest.mark.parametrize("answers", [["2", "3"], ["0", "4"]])
def test_a_column_that_does_not_tell_is_refused_not_guessed(answers: list[str]) -> None:
    with pytest.raises(RowsError, match="counted from 0"):
        answer_form("answer", [(text, FOUR) for text in answers])


@given(
    st.lists(st.integers(0, 3), min_size=1),
    st.sampled_from([AnswerForm.LETTER, AnswerForm.FROM_ZERO, AnswerForm.FROM_ONE]),
)
def test_answers_of_every_form_mean_the_same_choice(places: list[int], form: AnswerForm) -> None:
    letters = form is AnswerForm.LETTER
    first = 0 if form is AnswerForm.FROM_ZERO else 1
    texts = ["ABCD"[place] if letters else str(place + first) for place in places]
    assert [chosen(text, FOUR, form) for text in texts] == places


def test_numbers_that_are_the_choices_themselves_are_text() -> None:
    digits = ("4", "3", "2", "1")
    form = answer_form("answer", [("2", digits), ("4", digits)])
    assert chosen("2", digits, form) == 2


def test_hints_that_only_say_there_is_none_are_empty_and_others_are_not() -> None:
    assert [hint_text(text) for text in ("nan", "NaN", "None", "", " ", None, float("nan"))] == [None] * 7
    assert [hint_text(text) for text in ("NA", "None of these", "0")] == ["NA", "None of these", "0"]


def test_lists_in_a_cell_are_read_and_nothing_in_them_is_run() -> None:
    assert cell_list("['a', \"b's\"]") == ["a", "b's"]
    assert cell_list('["a", 1]') == ["a", "1"]
    assert cell_list("[__import__('os').getcwd()]") == []
    assert cell_list("a | b") == []


@pytest.mark.parametrize(
    ("cells", "choices"),
    [
        (["a", "b", "c", "d"], ["a", "b", "c", "d"]),
        (["a", "b", float("nan"), None], ["a", "b"]),
        (["a", "b", "nan", ""], ["a", "b"]),
        (["a", "b", "None", "None"], ["a", "b"]),
        (["1", "2", "3", "None"], ["1", "2", "3", "None"]),
        (["None", "1", "2"], ["None", "1", "2"]),
        (["a", "", "c"], ["a", "", "c"]),
        ([1.0, 2.5], ["1", "2.5"]),
        ([None, "nan"], []),
    ],
)
def test_choices_keep_their_letters_and_end_where_the_table_has_nothing(cells: list[Any], choices: list[str]) -> None:
    assert choice_texts(cells) == choices

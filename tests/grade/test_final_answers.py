"""Final answers: where a text states them, and whether two are the same number."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vwd.grade.final import find_final_answer, reached_before
from vwd.grade.numbers import numbers_in, same_answer

SAME = [
    ("1,000", "1000"), ("1000.0", "1000"), ("$1000", "1,000"), ("1 000", "1000"), (r"\$9{,}500", "9500"),
    (r"9\,500", "9500"), ("72。", "72"), ("72元", "72"), ("180棵", "180"), ("−7", "-7"), ("１２", "12"),
    ("2 1/2", "2.5"), (r"2\frac{1}{2}", "5/2"), (r"\frac13", "1/3"), ("½", "0.5"), ("2½", "2.5"), ("1e3", "1000"),
    ("50%", "50"), ("$29.00", "29"), (r"\boxed{42}", "42"), ("3.50 dollars", "3.5"), ("x=5", "5"), ("3 + 4 = 7", "7"),
    ("90,000", "90000"), ("18,", "18"), ("about 40 cups", "40"), ("-$5", "-5"), ("Blue.", "blue"), ("12:30", "12:30"),
    ("1’000", "1000"), ("负7", "-7"), ("negative 7", "-7"),
]  # fmt: skip
DIFFERENT = [
    ("-7", "7"), ("0.3333333333", "1/3"), ("0.5", "50"), ("72", "73"), ("7", "72"), ("", "7"), (",", "7"),
    ("red", "blue"), ("7.2", "72"), ("1.000", "1000"), ("12:31", "12:30"),
]  # fmt: skip


@pytest.mark.parametrize(("found", "expected"), SAME)
def test_the_same_number_in_another_form_is_the_same_answer(found: str, expected: str) -> None:
    assert same_answer(found, expected)


@pytest.mark.parametrize(("found", "expected"), DIFFERENT)
def test_another_number_is_another_answer(found: str, expected: str) -> None:
    assert not same_answer(found, expected)


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_a_number_is_found_however_its_thousands_are_set_off(whole: int, cents: int) -> None:
    value = Fraction(100 * whole + cents, 100)
    assert numbers_in(f"{whole:,}.{cents:02} dollars") == numbers_in(f"{whole}.{cents:02}") == [value]


@pytest.mark.parametrize(
    ("text", "answer", "how"),
    [
        ("He has 3. So the answer is: 72.", "72", "stated"),
        ("So the answer is: 5.\n\nNo. So the answer\nis: 7.5 apples. Good", "7.5 apples", "stated"),
        ("一共72只。答案是：72。", "72", "stated"),
        ("That makes 3 cows, and 4,000 hens,", "4,000", "last_number"),
        ("Nobody knows.", "", "none"),
    ],
)
def test_an_answer_is_taken_behind_its_last_announcement_or_is_the_last_number(
    text: str, answer: str, how: str
) -> None:
    final = find_final_answer(text)
    assert (final.text, final.how) == (answer, how)


def test_an_answer_of_which_a_character_is_lost_is_not_one() -> None:
    assert find_final_answer("So the answer is: 7\ufffd.").unreadable
    assert not find_final_answer("It \ufffd cost 5. So the answer is: 72.").unreadable


def test_steps_reach_a_number_before_it_is_stated_or_do_not() -> None:
    assert reached_before(find_final_answer("3 + 4 = 7. So the answer is: 7."))
    assert not reached_before(find_final_answer("3 + 4 = 8. So the answer is: 7."))

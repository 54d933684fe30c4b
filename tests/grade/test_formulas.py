"""Formulas in LaTeX have a second opinion, which neither hangs nor needs the main thread."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from vwd.grade import numbers
from vwd.grade.formulas import has_math_verify, same_formula
from vwd.grade.numbers import same_answer

needs_math_verify = pytest.mark.skipif(not has_math_verify(), reason="math-verify is not installed")

SAME = [
    (r"\frac{3}{2\sqrt{3}}", r"\frac{\sqrt{3}}{2}"), (r"\sqrt{20}", r"2\sqrt{5}"), (r"\pi/4", r"\frac{\pi}{4}"),
    (r"\{2,1\}", r"\{1,2\}"), (r"$(x+1)^2$", r"\left(x^2+2x+1\right)"),
]  # fmt: skip
DIFFERENT = [(r"2\sqrt{6}", r"2\sqrt{5}"), (r"\beta", r"\alpha"), (r"\ne", "x"), ("1.41", r"\sqrt{2}"), ("", r"\pi")]


@needs_math_verify
@pytest.mark.parametrize(("found", "expected"), SAME)
def test_a_formula_in_another_form_is_the_same_answer(found: str, expected: str) -> None:
    assert same_answer(found, expected)


@needs_math_verify
@pytest.mark.parametrize(("found", "expected"), DIFFERENT)
def test_another_formula_is_another_answer(found: str, expected: str) -> None:
    assert not same_answer(found, expected)


@needs_math_verify
def test_formulas_are_compared_from_several_threads() -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda pair: same_answer(*pair), SAME + DIFFERENT))
    assert answers == [True] * len(SAME) + [False] * len(DIFFERENT)


@needs_math_verify
def test_a_formula_that_never_ends_is_given_up_and_the_next_one_compared() -> None:
    assert same_formula(r"\sqrt{20}", r"2\sqrt{5}")
    start = monotonic()
    assert not same_formula(r"\sqrt{2}", "9^{9^{9^{9}}}", limit=1)
    assert monotonic() - start < 60
    assert same_formula(r"\sqrt{20}", r"2\sqrt{5}")


def test_numbers_and_equal_texts_need_no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(numbers, "same_formula")
    assert same_answer(r"\boxed{\frac{1}{2}}", "0.5")
    assert not same_answer(r"\frac{1}{3}", "0.3333333333")
    assert same_answer(r"2\sqrt{5}.", r"2\sqrt{5}")
    assert not same_answer("blue", "red")


def test_without_math_verify_another_form_is_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "math_verify", None)
    assert not has_math_verify()
    assert not same_answer(r"\sqrt{20}", r"2\sqrt{5}")
    assert same_answer(r"\sqrt{20}", r"\sqrt{20}.")

"""Formulas, code and the arguments of LaTeX commands are found in a text, so that no sentence ends inside them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vwd.corpora.normalise import normalise
from vwd.corpora.sentences import break_sentences
from vwd.corpora.verbatim import verbatim_spans


def parts_of(text: str) -> list[str]:
    return [text[start:end] for start, end in verbatim_spans(text)]


@pytest.mark.parametrize(
    "part",
    [
        "$x = 5$", "$n$", "$$a + b$$", "\\(a. B\\)", "\\[x.\n Y\\]", "\\text{A. B}", "\\text {A. {B}. C}", "`a. B`",
        "```a\nb```", "\\begin{array}{l} a. \\\\ B \\end{array}", "[asy] draw(A. B); [/asy]",
        "\\frac{1}{2. 5}",
    ],
)  # fmt: skip
def test_a_part_that_is_no_prose_is_found(part: str) -> None:
    spans = verbatim_spans(f"Let {part} be so. Then")
    assert spans
    assert (spans[0][0], spans[-1][1]) == (4, 4 + len(part))


@pytest.mark.parametrize(
    "text",
    ["It costs $5. She has $3.", "$5 and $6", "a {b. C} d", "\\text{a", "$a\nb = c$", "5\\$. A=3\\$"],
)  # fmt: skip
def test_prose_is_not_taken_for_a_formula(text: str) -> None:
    assert verbatim_spans(text) == []


def test_formulas_side_by_side_are_separate_parts() -> None:
    assert parts_of("So $a=1$ and $b=2$, \\(c\\).") == ["$a=1$", "$b=2$", "\\(c\\)"]


PIECES = st.sampled_from(
    ["$", "$$", "\\(", "\\)", "\\[", "\\]", "{", "}", "\\text{", "\\begin{a}", "\\end{a}", "`", "\n"]
)
TEXTS = st.lists(PIECES | st.sampled_from([*"x =. A 5 \\".split(), ". ", " "]), max_size=40).map("".join)


@settings(max_examples=400)
@given(TEXTS)
def test_parts_are_in_order_and_none_is_inside_another(text: str) -> None:
    spans = verbatim_spans(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@settings(max_examples=400)
@given(TEXTS, st.sampled_from(["en", "zh"]))
def test_no_break_is_inside_a_part(text: str, language: str) -> None:
    text = normalise(text)
    broken = break_sentences(text, language)
    assert "".join(broken.split()) == "".join(text.split())
    if language == "en":
        assert break_sentences(broken, language) == broken
    for part in parts_of(text):
        assert part in broken

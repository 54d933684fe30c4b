"""What is longer than a line is cut where a reader would: at a space, behind an operator, never inside a number."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text.boards import PAGES, board_of, lines_of

from vwd.text.breaks import NO_LINE_END, NO_LINE_START, best_cut
from vwd.text.spec import StoryboardSpec


def cut(text: str, limit: int) -> tuple[str, str]:
    position = best_cut(text, 0, limit)
    return text[:position], text[position:]


@pytest.mark.parametrize(
    ("text", "limit", "first"),
    [
        ("$x = 3 + yyyyy$", 12, "$x = 3 + "),
        ("\\frac{14}{18}-\\frac{3}{18}", 20, "\\frac{14}{18}-"),
        ("\\frac{14}{18}", 9, "\\frac{14}"),
        ("f(x)=\\sqrt{x}", 9, "f(x)="),
        ("5\\times43,500", 10, "5\\times"),
        ("aaaaaa,bbbbbb,cccccc", 16, "aaaaaa,bbbbbb,"),
        ("x=12\\cdot{}100{,}000", 18, "x=12\\cdot{}"),
        ("好好好好好好43,500", 9, "好好好好好好"),
        ("https://example.org/a/bcdefg", 24, "https://example.org/a/"),
        ("(12,15,18,20,24,30,36)", 11, "(12,15,18,"),
        ("$12{,}345{,}678{,}901", 17, "$12{,}345{,}"),
        ("1,234,567,890,123", 12, "1,234,567,"),
        ("1234567890123", 8, "12345678"),
        ("\\frac{\\sqrt{12345}}{\\sqrt{67890}}", 21, "\\frac{\\sqrt{12345}}"),
        ("\\left(aa\\right)^{\\pi}", 17, "\\left(aa\\right)"),
    ],
)
def test_a_line_ends_at_the_best_place(text: str, limit: int, first: str) -> None:
    assert cut(text, limit)[0] == first


FORMULA = st.lists(
    st.sampled_from(
        "\\frac{1}{2} \\sqrt{x} 43,500 12.75 100{,}000 = + - \\cdot \\times ( ) x y^2 \\pi \\text{cm}".split()
    ),
    min_size=20,
    max_size=60,
)


@settings(max_examples=200)
@given(FORMULA, st.sampled_from(["", " "]), st.sampled_from(PAGES[:3]))
def test_no_command_and_no_number_is_cut(parts: list[str], gap: str, page: object) -> None:
    formula = re.sub(r"(?<=\d)(?=\d)|(?<=[a-z])(?=[a-z\d])", "+", gap.join(parts)) if not gap else gap.join(parts)
    text = f"$${formula}$$"
    spec = StoryboardSpec(page=page, frames=400)  # type: ignore[arg-type]
    lines = lines_of(board_of("问。", text, "zh", spec))[1:]
    assert "".join(lines) == text
    position = 0
    for line in lines[:-1]:
        position += len(line)
        assert not re.search(r"\\[A-Za-z]*$", text[:position]) or not re.match("[A-Za-z]", text[position:]), lines
        assert not (re.search(r"\d$", text[:position]) and re.match(r"[\d.,]\d?", text[position:])), lines


@given(st.text(st.sampled_from("ab12 ,.{}\\+=好，（"), min_size=2, max_size=40), st.integers(1, 39))
def test_a_cut_makes_progress_and_stays_within_the_line(text: str, limit: int) -> None:
    limit = min(limit, len(text) - 1)
    assert 0 < best_cut(text, 0, limit) <= limit


def test_the_marks_are_those_of_the_standard() -> None:
    assert set("。？！，、；：’”）〕］｝〉》」』】…—～－·／．") <= NO_LINE_START
    assert set("‘“（〔［｛〈《「『【") <= NO_LINE_END
    assert not NO_LINE_START & NO_LINE_END


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", range(1, 12))
def test_the_bar_of_a_table_never_stands_alone_on_a_line(language: str, width: int) -> None:
    row = f"| {'a' * 12} | {'b' * 8} | {'c' * width} |"
    lines = lines_of(board_of("Which?", f"{row}\n| 1 | 2 | 3 |", "zh" if language == "zh" else "en"))
    assert "|" not in lines
    assert "".join(lines[1:]) == f"{row}|1|2|3|".replace(" ", "")

"""Text is normalised: mojibake repaired, one kind of space and line break, nothing invisible, the rest unchanged."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vwd.corpora.normalise import normalise

# Any code point, including lone surrogates.
ANY_TEXT = st.text(st.characters(exclude_categories=()))
# Mostly characters that normalising treats in a special way.
AWKWARD = st.text(
    st.sampled_from("a .\n\r\t\v\f\x1c\x85\u2028\u2029\u00a0\u3000\u00ad\u200b\u202e\ufeff\ud800\u0301â€œ™”\u009d")
)


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("â€œHelloâ€\u009d", "“Hello”"),
        ("Nellâ€™s kite", "Nell’s kite"),
        ("one â€“ two â€” three", "one – two — three"),
        ("waitâ€¦", "wait…"),
        ("the cafÃ© is open", "the café is open"),
    ],
)
def test_mojibake_is_repaired(damaged: str, repaired: str) -> None:
    assert normalise(damaged) == repaired


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("â€œLook, a boat!â€ cried Bo.", "“Look, a boat!” cried Bo."),
        ("â€œLook, a boat!â€", "“Look, a boat!”"),
        ("â€œA boat,â€ said Bo.\nâ€œA big one.â€", "“A boat,” said Bo.\n“A big one.”"),
    ],
)
def test_a_closing_quote_without_its_last_byte_is_a_quote_and_not_a_dagger(damaged: str, repaired: str) -> None:
    assert normalise(damaged) == repaired


@pytest.mark.parametrize(
    "text", ["5 ½ m²", "长３米，宽（约）２米：好！", "ﬁne Ⅳ ① ℃ ㎏", "&amp; &lt;", "“a” ‘b’ ’", "x ≤ 3 × 4 ÷ 2"]
)
def test_what_the_author_wrote_is_unchanged(text: str) -> None:
    assert normalise(text) == text


@pytest.mark.parametrize(
    "text",
    ["“长”×“宽”＝“面积”。", "The area is “length”×“width”.", "5 ×‘x’", "“‘At the café’” said JOSÉ’S “Ñ”.", "6÷é"],
)
def test_marks_that_are_adjacent_by_chance_are_not_mojibake(text: str) -> None:
    assert normalise(text) == text


def test_letters_and_their_marks_are_composed() -> None:
    assert normalise("cafe\u0301 n\u0303") == "café ñ"


def test_an_invisible_character_between_letter_and_mark_does_not_keep_them_apart() -> None:
    assert normalise("e\u200b\u0301") == "é"


@pytest.mark.parametrize("space", ["\t", "\u00a0", "\u2003", "\u200a", "\u202f", "\u205f", "\u3000", " \u00a0 "])
def test_every_kind_of_space_is_one_space(space: str) -> None:
    assert normalise(f"a{space}b") == "a b"


@pytest.mark.parametrize("line_break", ["\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", " \n \n ", "\n\n\n"])
def test_every_kind_of_line_break_is_one_line_break(line_break: str) -> None:
    assert normalise(f"one{line_break}two") == "one\ntwo"


@pytest.mark.parametrize(
    "hidden", "\u00ad \u200b \u200c \u200d \u200e \u202a \u202e \u2060 \ufeff \x00 \x07 \x7f".split(" ")
)
def test_invisible_characters_are_dropped(hidden: str) -> None:
    assert normalise(f"soft{hidden}ly") == "softly"


@pytest.mark.parametrize("selector", ["\ufe0e", "\ufe0f", "\ufe00", "\U000e0101", "\u180b"])
def test_variation_selectors_are_dropped(selector: str) -> None:
    assert normalise(f"a ✔{selector} ❤{selector}b") == "a ✔ ❤b"
    assert normalise(f"e{selector}\u0301") == "é"


def test_a_fraction_slash_is_a_slash() -> None:
    assert normalise("1\u20442 and 3⁄4") == "1/2 and 3/4"


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert normalise("a\ud800b") == "a\ufffdb"


def test_a_pair_of_surrogates_becomes_its_character() -> None:
    assert normalise("\ud83d\ude00") == "\U0001f600"


@settings(max_examples=300)
@given(ANY_TEXT | AWKWARD)
@example("â€")
@example("\u200b \u200b \u200b")
@example("a \n\u200b\n b")
def test_any_text_becomes_plain_lines(text: str) -> None:
    result = normalise(text)
    assert not [c for c in result if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c != "\n"]
    lines = result.split("\n") if result else []
    assert all(line.strip() and line == line.rstrip() and "  " not in line.lstrip(" ") for line in lines)
    assert unicodedata.is_normalized("NFC", result)


@settings(max_examples=200)
@given(st.text(st.characters(min_codepoint=0x2E80) | st.sampled_from("ab .,\n\t\u3000\u200b½²é“”’")))
def test_normalised_text_is_left_unchanged(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text(st.sampled_from("abcXYZ 019.,!?$%+-*/=()'\"\n")))
def test_ascii_loses_nothing_but_white_space(text: str) -> None:
    assert normalise(text).split() == text.split()

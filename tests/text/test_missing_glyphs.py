"""A sample with a character that no font draws legibly is skipped, and the skip names the character."""

from __future__ import annotations

import unicodedata

import pytest
from text.boards import FONTS, board_of, sample_of

from vwd.corpora.normalise import normalise
from vwd.corpora.sample import Skip, SkipCode
from vwd.text.layout import lay_out
from vwd.text.spec import StoryboardSpec
from vwd.video.fonts import drawable

UNDRAWN = {
    "emoji": ("\U0001f600", "U+1F600 GRINNING FACE"),
    "replacement": ("\ufffd", "U+FFFD REPLACEMENT CHARACTER"),
    "surrogate": ("\ud800", "U+D800"),
    "Arabic": ("س", "U+0633 ARABIC LETTER SEEN"),
    "Hebrew": ("ש", "U+05E9 HEBREW LETTER SHIN"),
    "Devanagari": ("क", "U+0915 DEVANAGARI LETTER KA"),
    "private use": ("\ue000", "U+E000"),
    "unassigned": ("\u0378", "U+0378"),
    "lone mark": ("x\u0301", "U+0301 COMBINING ACUTE ACCENT"),
    "Thai": ("ก", "U+0E01 THAI CHARACTER KO KAI"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("text", "named"), UNDRAWN.values(), ids=UNDRAWN.keys())
def test_a_character_without_a_glyph_is_named(text: str, named: str, language: str) -> None:
    for prompt, answer in ((f"What is {text}?", "It is x."), ("What is it?", f"It is {text}.")):
        sample = sample_of(prompt, answer, "zh" if language == "zh" else "en")
        skip = lay_out(sample, StoryboardSpec(), FONTS)
        assert isinstance(skip, Skip)
        assert skip.code is SkipCode.MISSING_GLYPH
        assert skip.detail.startswith(named)
        assert skip.detail.encode("utf-8")


@pytest.mark.parametrize(
    ("char", "script"),
    [("ก", "Thai is"), ("س", "Arabic is"), ("ש", "Hebrew is"), ("क", "Devanagari is"), ("\u093f", "Devanagari is"),
     ("ክ", "Ethiopic is"), ("ក", "Khmer is"), ("\U0001f600", "emoji are")],
)  # fmt: skip
def test_a_script_that_is_not_drawn_is_named(char: str, script: str) -> None:
    skip = lay_out(sample_of("What?", char), StoryboardSpec(), FONTS)
    assert isinstance(skip, Skip)
    assert skip.detail.endswith(f"; {script} not drawn, see docs/languages.md")


@pytest.mark.parametrize("char", ["\ufffd", "\ue000", "\u0301", "\u0378", "\U0002a700"])
def test_a_character_of_a_drawn_script_or_of_none_is_named_alone(char: str) -> None:
    skip = lay_out(sample_of("What?", char), StoryboardSpec(), FONTS)
    assert isinstance(skip, Skip)
    assert "is not drawn" not in skip.detail


VIETNAMESE = "Ấm ảnh Ẩn Ỡm Ỷ lại: hỏi có bao nhiêu quả táo, ngã ngửa, bữa ăn, đường, ước, kỹ sư, ₫ Ậ Ể Ỗ Ặ Ử"
KOREAN = "사과가 다섯 개 있습니다. 뷁 똠방각하, ㄱㄴㄷ ㅏㅑㅓ. 모두 몇 개입니까?"


@pytest.mark.parametrize("text", [VIETNAMESE, normalise(unicodedata.normalize("NFD", VIETNAMESE)), KOREAN])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_vietnamese_and_korean_are_drawn(text: str, language: str) -> None:
    board = board_of("?", text, "ko" if language == "ko" else "en")
    assert "".join(word.text for word in board.words[1:]) == text.replace(" ", "")


def test_every_vietnamese_letter_and_every_korean_syllable_stays_on_its_line() -> None:
    letters = [chr(point) for first, last in ((0x1EA0, 0x1EF9), (0xAC00, 0xD7A3)) for point in range(first, last + 1)]
    assert [char for char in letters if not drawable(char)] == []


def test_the_first_missing_character_of_the_prompt_is_the_one_named() -> None:
    skip = lay_out(sample_of("a \ufffd \U0001f600", "\ue000"), StoryboardSpec(), FONTS)
    assert isinstance(skip, Skip)
    assert "U+FFFD" in skip.detail


@pytest.mark.parametrize("text", ["“a” ‘b’ … — – × ÷ − € £ ½ ² é ñ А", "①℃∥Ⅰ㎡，。！？；：（）《》【】、·"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_characters_that_the_corpora_use_are_drawn(text: str, language: str) -> None:
    board = board_of("Which?", text, "zh" if language == "zh" else "en")
    shown = "".join(word.text for word in board.words)
    assert shown.replace(" ", "").endswith(text.replace(" ", ""))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_letter_and_a_mark_that_compose_are_drawn(language: str) -> None:
    assert board_of("cafe?", normalise("cafe\u0301"), "zh" if language == "zh" else "en")


def test_no_invisible_character_counts_as_drawable() -> None:
    assert [hex(ord(c)) for c in "\x00\x07\x7f\u00ad\u200b\u2028\ufeff\uffa0\u3164\ufffc\u115f" if drawable(c)] == []


@pytest.mark.parametrize("text", ["\x7f", "a\x1f", "\t", "é\x7f"])
def test_a_control_character_never_counts_as_drawable(text: str) -> None:
    assert FONTS.undrawable(text) == text[-1]

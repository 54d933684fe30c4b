"""Every drawable character shows ink, and only inside its own cell."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from vwd.corpora.sample import Language
from vwd.text.metrics import baseline
from vwd.video.fonts import CHINESE, LATIN, Fonts, draw_glyph, drawable, drawn_size, font_for

AROUND = 24


@cache
def all_drawable() -> list[str]:
    mapped = set().union(*(TTFont(files("vwd.fonts") / name, lazy=True).getBestCmap() for name in (LATIN, CHINESE)))
    return [chr(code) for code in sorted(mapped) if drawable(chr(code))]


@cache
def sheet_font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(files("vwd.fonts") / name), size, layout_engine=ImageFont.Layout.BASIC)


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Language:
    return "zh" if request.param == "zh" else "en"


def test_tens_of_thousands_of_characters_are_drawable() -> None:
    assert len(all_drawable()) > 24_000


def test_every_drawable_character_except_spaces_shows_ink(language: Language) -> None:
    blank = [c for c in all_drawable() if not draw_glyph(c, 28, language).coverage.any()]
    assert [f"U+{ord(c):04X}" for c in blank if unicodedata.category(c) != "Zs"] == []


def test_every_glyph_is_as_wide_as_the_layout_assumes(language: Language) -> None:
    widths = Fonts().advances("".join(all_drawable()), 28, language)
    for char, width in zip(all_drawable(), widths, strict=True):
        glyph = draw_glyph(char, 28, language)
        assert glyph.coverage.shape == (32, width) == (32, glyph.advance), char
        assert 0 < width <= 28


def ink_outside_its_cell(char: str, size: int, language: Language) -> bool:
    """Whether a glyph, drawn on a larger sheet, has ink more than a pixel outside of its cell."""
    glyph = draw_glyph(char, size, language)
    height, width = glyph.coverage.shape
    sheet = Image.new("L", (width + 2 * AROUND, height + 2 * AROUND))
    at, font = (AROUND, AROUND + baseline(size)), sheet_font(font_for(char, language), drawn_size(char, size, language))
    ImageDraw.Draw(sheet).text(at, char, fill=255, font=font, anchor="ls")
    ink = np.asarray(sheet).copy()
    assert np.array_equal(ink[AROUND : AROUND + height, AROUND : AROUND + width], glyph.coverage), char
    ink[AROUND - 1 : AROUND + height + 1, AROUND - 1 : AROUND + width + 1] = 0
    return bool(ink.any())


def test_no_cell_cuts_its_glyph_by_more_than_a_pixel(language: Language) -> None:
    assert [char for char in all_drawable() if ink_outside_its_cell(char, 28, language)] == []


@pytest.mark.parametrize("size", range(16, 28))
def test_no_smaller_cell_cuts_the_characters_of_the_corpora(size: int, language: Language) -> None:
    common = [
        char for char in all_drawable() if char < "\u0100" or "\u2010" <= char <= "\u2026" or char in "，。！？（）：；"
    ]
    hanzi = [char for char in all_drawable() if "\u4e00" <= char <= "\u9fff"][::40]
    assert len(common) > 190
    assert [char for char in common + hanzi if ink_outside_its_cell(char, size, language)] == []


def test_latin_letters_have_columns_of_seventeen_pixels(language: Language) -> None:
    assert set(Fonts().advances("azAZ09.,!?é×½", 28, language)) == {17}


def test_hanzi_and_chinese_marks_fill_a_square() -> None:
    assert set(Fonts().advances("小羊，。！？（）《》“”‘’…·", 28, "zh")) == {28}


def test_curly_quotes_in_english_are_narrow() -> None:
    assert set(Fonts().advances("“”‘’…—", 28, "en")) == {17}

"""The shipped fonts: which of them draws a character, how wide, and its bitmap."""

from __future__ import annotations

import json
import os
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont, features

from vwd.corpora.sample import Language
from vwd.text.metrics import FONT_SIZE, baseline, line_height

Coverage = npt.NDArray[np.uint8]

# Installed as `vwd.fonts`; in a checkout, the folder beside the package.
_FOLDERS = (Path(__file__).parents[1] / "fonts", Path(__file__).parents[2] / "fonts")

LATIN, CHINESE = "DejaVuSansMono.ttf", "NotoSansCJKsc-Regular-subset.otf"
# Marks that DejaVu draws narrow, as in Latin text, and that Chinese sets in a full square.
_CHINESE_MARKS = frozenset("“”‘’…—·")
_MARGIN = 8


@dataclass(frozen=True)
class Glyph:
    """A character's ink. `coverage` is uint8 [line height, advance], 0 for paper and 255 for ink."""

    advance: int
    coverage: Coverage


@cache
def _folder() -> Path:
    return next(folder for folder in _FOLDERS if (folder / "coverage.json").is_file())


@cache
def _coverage_table() -> dict[str, Any]:
    table = json.loads((_folder() / "coverage.json").read_text("utf-8"))
    return {font["file"]: font for font in table["fonts"]}


@cache
def _code_points(font: str) -> frozenset[int]:
    return frozenset(c for first, last in _coverage_table()[font]["ranges"] for c in range(first, last + 1))


def font_path(font: str) -> Path:
    """The file of a shipped font, by its name."""
    return _folder() / font


def font_hashes() -> dict[str, str]:
    """The sha256 of each font file, for `pack.json`."""
    return {name: str(font["sha256"]) for name, font in _coverage_table().items()}


def freetype_version() -> str:
    """The version of the rasteriser that Pillow has built in: another one may draw different pixels."""
    return str(features.version("freetype2"))


@cache
def drawable(char: str) -> bool:
    """Whether a shipped font draws a character legibly on its own.

    Not combining marks that NFC does not compose (they would need positioning), not scripts written from right to
    left (they would need shaping), not private or unassigned code points, not the replacement character, and
    no glyph that shows nothing or that its cell would cut by more than a pixel.
    """
    if unicodedata.category(char)[0] in "MC" or unicodedata.bidirectional(char) in ("R", "AL", "AN"):
        return False
    covered = ord(char) in _code_points(LATIN) or ord(char) in _code_points(CHINESE)
    return covered and char != "\ufffd" and _fits_cell(char)


@cache
def drawable_characters() -> str:
    """Every character that a shipped font draws legibly, in order of code points."""
    points = sorted(_code_points(LATIN) | _code_points(CHINESE))
    return "".join(char for char in map(chr, points) if drawable(char))


def latin_characters() -> str:
    """Every character of the Latin font, in order of code points."""
    return "".join(map(chr, sorted(_code_points(LATIN))))


def _fits_cell(char: str) -> bool:
    font = _face(char, FONT_SIZE, "zh")
    left, top, right, bottom = font.getbbox(char, anchor="ls")
    above, below = baseline(FONT_SIZE), line_height(FONT_SIZE) - baseline(FONT_SIZE)
    cut = max(-left, right - round(font.getlength(char)), -top - above, bottom - below)
    return char == " " or (bottom > top and cut <= 1)


def font_for(char: str, language: Language) -> str:
    """The font that draws a character: DejaVu first for narrow ones, Noto first for wide ones."""
    wide = unicodedata.east_asian_width(char) in "WF" or (language == "zh" and char in _CHINESE_MARKS)
    first, second = (CHINESE, LATIN) if wide else (LATIN, CHINESE)
    return first if ord(char) in _code_points(first) else second


@cache
def _load(font: str, font_size: int) -> ImageFont.FreeTypeFont:
    # BASIC, since Pillow uses RAQM wherever the system has libfribidi, and that one spaces glyphs differently.
    return ImageFont.truetype(str(font_path(font)), font_size, layout_engine=ImageFont.Layout.BASIC)


# A font's file that is open in two processes since a fork has one position for both.
os.register_at_fork(after_in_child=_load.cache_clear)


def drawn_size(char: str, font_size: int, language: Language) -> int:
    """The size at which a character stays on its line: Vietnamese capitals have two marks above."""
    stacked = "\u1ea0" <= char <= "\u1ef9" and char.isupper() and (font_for(char, language) == CHINESE or char == "Ằ")
    return font_size * 25 // FONT_SIZE if stacked else font_size


def _face(char: str, font_size: int, language: Language) -> ImageFont.FreeTypeFont:
    return _load(font_for(char, language), drawn_size(char, font_size, language))


class Fonts:
    """The metrics that layout needs (`vwd.text.metrics.Metrics`), from a table of advances."""

    def advances(self, text: str, font_size: int, language: Language) -> list[int]:
        """The width in pixels of each character."""
        table = _advances(font_size, language)
        return [table[char] for char in text]

    def width(self, text: str, font_size: int, language: Language) -> int:
        """The width in pixels of a text."""
        return _width(text, font_size, language)

    def undrawable(self, text: str) -> str:
        """The first character except line breaks that no font draws legibly; "" where all are drawn."""
        if text.isascii():
            return next((c for c in text if not " " <= c <= "~" and c != "\n"), "")
        return next((c for c in text if c != "\n" and not drawable(c)), "")


class _Advances(dict[str, int]):
    def __init__(self, font_size: int, language: Language) -> None:
        super().__init__()
        self._font_size, self._language = font_size, language

    def __missing__(self, char: str) -> int:
        font = _face(char, self._font_size, self._language)
        self[char] = advance = round(font.getlength(char))
        return advance


@cache
def _advances(font_size: int, language: Language) -> _Advances:
    return _Advances(font_size, language)


# Words are repeated: 16,384 of them take a few megabytes.
@lru_cache(maxsize=16_384)
def _width(text: str, font_size: int, language: Language) -> int:
    return sum(map(_advances(font_size, language).__getitem__, text))


def draw_glyph(char: str, font_size: int, language: Language) -> Glyph:
    """A character's bitmap on its line. Ink beyond the advance is cut: boxes of words never overlap."""
    font = _face(char, font_size, language)
    advance, height = round(font.getlength(char)), line_height(font_size)
    image = Image.new("L", (advance + 2 * _MARGIN, height))
    ImageDraw.Draw(image).text((_MARGIN, baseline(font_size)), char, fill=255, font=font, anchor="ls")
    return Glyph(advance, np.asarray(image)[:, _MARGIN : _MARGIN + advance].copy())

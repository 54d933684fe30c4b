"""The glyphs that text is made of, each as some columns of pixels, once, however often it is drawn."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vwd.corpora.sample import Language
from vwd.video.fonts import Coverage, draw_glyph

Integers = npt.NDArray[np.int32]

# Columns of about 32 bytes: some 30,000 hanzi. A full atlas is replaced by an empty one.
_FULL = 1 << 20
# Words that are kept.
_WORDS = 16_384
# Columns of a part of a rule: about as many as a glyph has.
_RULE = 64


class Run(NamedTuple):
    """Glyphs side by side: their numbers in an atlas, and their size together."""

    glyphs: Integers
    width: int
    height: int


class Atlas:
    """Columns of glyphs, uint8 [columns, height]: coverage from 0, paper, to 255, ink. It only grows."""

    def __init__(self) -> None:
        self._pixels = np.zeros((1024, 48), np.uint8)
        self._starts = np.zeros(256, np.int32)  # the first column of each glyph, and the end of the last one
        self._numbers: dict[Any, Run] = {}
        self._words: dict[tuple[int, Language], Words] = {}

    def __len__(self) -> int:
        """Glyphs."""
        return len(self._numbers)

    @property
    def full(self) -> bool:
        return self._end > _FULL

    @property
    def starts(self) -> Integers:
        """The first column of each glyph, and the number of columns."""
        return self._starts[: len(self) + 1]

    @property
    def pixels(self) -> Coverage:
        return self._pixels[: self._end]

    @property
    def _end(self) -> int:
        return int(self._starts[len(self)])

    def words(self, font_size: int, language: Language) -> Words:
        """The words of one size and language, by their text."""
        key = (font_size, language)
        if key not in self._words:
            self._words[key] = Words(self, *key)
        return self._words[key]

    def word(self, text: str, font_size: int, language: Language) -> Run:
        """A word; without a character it has no height that fits."""
        if not text:
            return Run(np.zeros(0, np.int32), 0, -1)
        runs = [self._glyph(char, font_size, language) for char in text]
        if len(runs) == 1:
            return runs[0]
        return Run(np.concatenate([one.glyphs for one in runs]), sum(one.width for one in runs), runs[0].height)

    def _glyph(self, char: str, font_size: int, language: Language) -> Run:
        key = (char, font_size, language)
        return self._numbers.get(key) or self._add(key, draw_glyph(*key).coverage)

    def rule(self, width: int, height: int) -> Run:
        """A rectangle of ink, as several next to each other."""
        widths = [_RULE] * (width // _RULE) + [width % _RULE] * bool(width % _RULE)
        parts = [self._numbers.get((w, height)) or self._add((w, height), _ink(w, height)) for w in widths]
        return Run(np.concatenate([one.glyphs for one in parts]), width, height)

    def _add(self, key: Any, coverage: Coverage) -> Run:
        height, width = coverage.shape
        start, stop, number = self._end, self._end + width, len(self)
        rows, depth = self._pixels.shape
        if stop > rows or height > depth:
            larger = np.zeros((max(rows, 2 * stop), max(depth, height)), np.uint8)
            larger[:rows, :depth] = self._pixels
            self._pixels = larger
        if number + 1 == len(self._starts):
            self._starts = np.concatenate([self._starts, np.zeros_like(self._starts)])
        self._pixels[start:stop, :height] = coverage.T
        self._starts[number + 1] = stop
        self._numbers[key] = run = Run(np.array([number], np.int32), width, height)
        return run


class Words(dict[str, Run]):
    """Words of one size and language, kept: there are hundreds a sample."""

    def __init__(self, atlas: Atlas, font_size: int, language: Language) -> None:
        super().__init__()
        self._atlas, self._font_size, self._language = atlas, font_size, language

    def __missing__(self, text: str) -> Run:
        if len(self) == _WORDS:
            self.clear()
        self[text] = run = self._atlas.word(text, self._font_size, self._language)
        return run


def _ink(width: int, height: int) -> Coverage:
    return np.full((height, width), 255, np.uint8)


_current = Atlas()


def current_atlas() -> Atlas:
    """This process's atlas."""
    global _current
    if _current.full:
        _current = Atlas()
    return _current

"""The glyphs that text is made of, each as some columns of pixels, once, however often it is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vwd.corpora.sample import Language
from vwd.limits import LARGEST_SIDE
from vwd.stream.words import Words
from vwd.text.metrics import line_height
from vwd.video.fonts import Coverage, draw_glyph

Integers = npt.NDArray[np.int32]

# Columns of about 32 bytes: some 30,000 hanzi. A full atlas is replaced by an empty one.
_FULL = 1 << 20
# Words that are kept.
_WORDS = 1 << 15
# Columns of a part of a rule: about as many as a glyph has.
_RULE = 64
# The height of a word that fits no box.
_NEVER = -1


class Atlas:
    """Columns of glyphs, uint8 [columns, height]: coverage from 0, paper, to 255, ink. It only grows.

    Words, and rules, are glyphs side by side, and have numbers of their own.
    """

    def __init__(self) -> None:
        self._pixels = np.zeros((1024, 48), np.uint8)
        self._starts = np.zeros(256, np.int32)  # the first column of each glyph, and the end of the last one
        self._glyphs: dict[Any, int] = {}
        self.forget_words()

    def forget_words(self) -> None:
        """Makes room for others. Their numbers are no longer valid."""
        self._words: dict[tuple[int, Language], Words] = {}
        self._rules: dict[tuple[int, int], int] = {}
        self._spelling = np.zeros(1024, np.int32)
        self._measures = np.zeros((256, 5), np.int64)
        self._count = self._letters = 0

    def __len__(self) -> int:
        """Glyphs."""
        return len(self._glyphs)

    @property
    def full(self) -> bool:
        return self._end > _FULL

    @property
    def many_words(self) -> bool:
        """Whether there are so many words that they should be forgotten."""
        return self._count > _WORDS

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

    @property
    def measures(self) -> npt.NDArray[np.int64]:
        """Of each word: its first place in `spelling`, its glyphs, width, height, and characters."""
        return self._measures[: self._count]

    @property
    def spelling(self) -> Integers:
        """The glyphs of all words, one word after the other."""
        return self._spelling[: self._letters]

    def words(self, font_size: int, language: Language) -> Words:
        """The numbers of the words of one size and language, by their text."""
        key = (font_size, language)
        if key not in self._words:
            self._words[key] = Words(lambda text: self.word(text, *key))
        return self._words[key]

    def word(self, text: str, font_size: int, language: Language) -> int:
        """Adds a word. Without a character, or longer than any line, it has no height that fits."""
        if not 0 < len(text) * font_size <= 3 * LARGEST_SIDE:
            return self._add_word([], 0, _NEVER, len(text))
        glyphs = [self._glyph(char, font_size, language) for char in text]
        width = int(self._starts[[one + 1 for one in glyphs]].sum() - self._starts[glyphs].sum())
        return self._add_word(glyphs, width, line_height(font_size), len(text))

    def rule(self, width: int, height: int) -> int:
        """A rectangle of ink, as several next to each other."""
        key = (width, height)
        if key not in self._rules:
            widths = [_RULE] * (width // _RULE) + [width % _RULE] * bool(width % _RULE)
            parts = [self._number((w, height), lambda w=w: _ink(w, height)) for w in widths]
            self._rules[key] = self._add_word(parts, width, height, 0)
        return self._rules[key]

    def _glyph(self, char: str, font_size: int, language: Language) -> int:
        return self._number((char, font_size, language), lambda: draw_glyph(char, font_size, language).coverage)

    def _number(self, key: Any, draw: Any) -> int:
        found = self._glyphs.get(key)
        return self._add(key, draw()) if found is None else found

    def _add(self, key: Any, coverage: Coverage) -> int:
        height, width = coverage.shape
        start, stop, number = self._end, self._end + width, len(self)
        rows, depth = self._pixels.shape
        if stop > rows or height > depth:
            larger = np.zeros((max(rows, 2 * stop), max(depth, height)), np.uint8)
            larger[:rows, :depth] = self._pixels
            self._pixels = larger
        if number + 1 == len(self._starts):
            self._starts = _twice(self._starts)
        self._pixels[start:stop, :height] = coverage.T
        self._starts[number + 1] = stop
        self._glyphs[key] = number
        return number

    def _add_word(self, glyphs: list[int], width: int, height: int, characters: int) -> int:
        number, first = self._count, self._letters
        if number == len(self._measures):
            self._measures = _twice(self._measures)
        while first + len(glyphs) > len(self._spelling):
            self._spelling = _twice(self._spelling)
        self._measures[number] = first, len(glyphs), width, height, characters
        self._spelling[first : first + len(glyphs)] = glyphs
        self._count, self._letters = number + 1, first + len(glyphs)
        return number


def _twice(array: Any) -> Any:
    """Room for as many again."""
    return np.concatenate([array, np.zeros_like(array)])


def _ink(width: int, height: int) -> Coverage:
    return np.full((height, width), 255, np.uint8)


_current = Atlas()


def current_atlas() -> Atlas:
    """This process's atlas. Numbers of words are valid until the next call."""
    global _current
    if _current.full:
        _current = Atlas()
    if _current.many_words:
        _current.forget_words()
    return _current

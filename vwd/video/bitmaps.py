"""From a storyboard's words to bitmaps and where they go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from vwd.corpora.sample import Language
from vwd.limits import KEPT_BITMAP_BYTES
from vwd.text.storyboard import Box, Storyboard
from vwd.video.fonts import Coverage, Glyph, draw_glyph


class Ink(NamedTuple):
    """What one word adds to the page: `coverage` is uint8 [box height, box width], 0 paper to 255 ink.

    `text` is the word's, "" for ink that is not a word.
    """

    box: Box
    coverage: Coverage
    text: str


# Some hundred bytes each at the default size, up to 46 kB at the largest.
@lru_cache(maxsize=4096)
def _glyph(char: str, font_size: int, language: Language) -> Glyph:
    return draw_glyph(char, font_size, language)


class _KeptBitmaps:
    """Bitmaps of words that have been drawn, up to a number of bytes: one has 3 kB at 28 px, or 2 MB at 256 px."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int, Language], Coverage] = {}
        self._bytes = 0

    def __call__(self, text: str, font_size: int, language: Language) -> Coverage:
        """The bitmap of a word: uint8 [line height, sum of advances]. Read-only, since it is kept."""
        key = text, font_size, language
        coverage = self._kept.get(key)
        if coverage is None:
            coverage = np.concatenate([_glyph(char, font_size, language).coverage for char in text], axis=1)
            coverage.setflags(write=False)
            if self._bytes + coverage.nbytes > KEPT_BITMAP_BYTES:
                self._kept.clear()
                self._bytes = 0
            self._kept[key] = coverage
            self._bytes += coverage.nbytes
        return coverage


word_coverage = _KeptBitmaps()


def inks_by_frame(storyboard: Storyboard) -> Mapping[int, list[Ink]]:
    """What each frame adds to the one before, or to a white page where a page starts.

    Raises:
        ValueError: a word does not fill its box; those of `vwd.text.layout` do.
    """
    added: dict[int, list[Ink]] = defaultdict(list)
    font_size = storyboard.font_size
    for text, frame, _, box, _ in storyboard.words:
        # No font has characters of less than a third of their size: a longer text is not even drawn.
        fits = text and len(text) * font_size <= 3 * box.width
        coverage = word_coverage(text, font_size, storyboard.language) if fits else None
        if coverage is None or coverage.shape != (box.height, box.width):
            raise ValueError(f"has a word of {len(text):,} characters that does not fill its box, {list(box)}")
        added[frame].append(Ink(box, coverage, text))
    rule = storyboard.separator
    if rule.height:
        line = np.full((rule.height, rule.width), 255, np.uint8)
        added[storyboard.page_starts[storyboard.separator_page]].append(Ink(rule, line, ""))
    return added

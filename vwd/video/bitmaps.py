"""From a storyboard's words to bitmaps and where they go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from vwd.corpora.sample import Language
from vwd.text.storyboard import Box, Storyboard
from vwd.video.fonts import Coverage, Glyph, draw_glyph


class Ink(NamedTuple):
    """What one word adds to the page: `coverage` is uint8 [box height, box width], 0 paper to 255 ink.

    `text` is the word's, "" for ink that is not a word.
    """

    box: Box
    coverage: Coverage
    text: str


@lru_cache(maxsize=16_384)
def _glyph(char: str, font_size: int, language: Language) -> Glyph:
    return draw_glyph(char, font_size, language)


# 16,384 words of about 3 KB: at most some 50 MB a worker.
@lru_cache(maxsize=16_384)
def word_coverage(text: str, font_size: int, language: Language) -> Coverage:
    """The bitmap of a word: uint8 [line height, sum of advances]. Read-only, since it is kept."""
    coverage = np.concatenate([_glyph(char, font_size, language).coverage for char in text], axis=1)
    coverage.setflags(write=False)
    return coverage


def inks_by_frame(storyboard: Storyboard) -> Mapping[int, list[Ink]]:
    """What each frame adds to the one before, or to a white page where a page starts."""
    added: dict[int, list[Ink]] = defaultdict(list)
    for text, frame, _, box in storyboard.words:
        added[frame].append(Ink(box, word_coverage(text, storyboard.font_size, storyboard.language), text))
    rule = storyboard.separator
    if rule.height:
        line = np.full((rule.height, rule.width), 255, np.uint8)
        added[storyboard.separator_page].append(Ink(rule, line, ""))
    return added

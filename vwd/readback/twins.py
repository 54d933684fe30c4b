"""Characters whose glyphs are the same picture: no reader can tell them apart, so that each stands for the others."""

from __future__ import annotations

from functools import lru_cache

from vwd.corpora.sample import Language
from vwd.readback.templates import names_of_pictures
from vwd.text.metrics import FONT_SIZE
from vwd.video.fonts import draw_glyph, drawable


def as_read(text: str, language: Language) -> str:
    """A text as it is read where every character is read: each as the first of those that look the same."""
    return text if text.isascii() else "".join(_as_read(char, language) for char in text)


@lru_cache(maxsize=4096)
def _as_read(char: str, language: Language) -> str:
    if char.isascii() or not char.strip() or not drawable(char):
        return char
    picture = draw_glyph(char, FONT_SIZE, language).coverage.tobytes()
    for tier in range(2):
        if name := names_of_pictures(FONT_SIZE, language, tier).get(picture):
            return name
    return char

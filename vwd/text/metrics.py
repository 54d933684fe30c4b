"""The geometry of a line of text in pixels, and what layout needs to know of fonts."""

from __future__ import annotations

from typing import Protocol

from vwd.corpora.sample import Language

FONT_SIZE = 28
# At 28 px both fonts have their baseline 26 px below a line's top and stay within 32 px.
_ABOVE_AT_28, _BELOW_AT_28 = 26, 6


def baseline(font_size: int) -> int:
    """Pixel rows from a line's top down to the baseline."""
    return _scaled(_ABOVE_AT_28, font_size)


def line_height(font_size: int) -> int:
    """Pixel rows of a line: 32 at 28 px."""
    return baseline(font_size) + _scaled(_BELOW_AT_28, font_size)


def _scaled(pixels_at_28: int, font_size: int) -> int:
    """A length measured at 28 px, for another font size; rounded up, so that no glyph is cut."""
    return -(-pixels_at_28 * font_size // FONT_SIZE)


class Metrics(Protocol):
    """What layout needs to know of fonts."""

    def advances(self, text: str, font_size: int, language: Language) -> list[int]:
        """The width in pixels of each character of `text`."""
        ...

    def width(self, text: str, font_size: int, language: Language) -> int:
        """The width in pixels of `text`."""
        ...

    def undrawable(self, text: str) -> str:
        """The first character of `text` that no font draws legibly; "" where all are drawn."""
        ...

"""A picture of a page, whose ink and lines are looked for once at each scale, in however many ways it is read."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import cv2

from vwd.readback.ink import Grey, Ink, ink_of
from vwd.readback.lines import line_tops
from vwd.readback.templates import Typeface

# Pixels of a picture for one of the page, across and down.
Scale = tuple[float, float]
AS_IT_IS: Scale = (1.0, 1.0)
# Of so many sizes, the first is taken that a scale makes a whole number of pixels of, within this part of one.
_TRIED, _EXACT = 24, 0.02


class Picture:
    """A picture, uint8 [height, width], and what was found in it.

    Attributes:
        reads: what was read, by the way in which it was.
    """

    def __init__(self, grey: Grey) -> None:
        self.grey = grey
        self.reads: dict[Hashable, Any] = {}
        self._inks: dict[Scale, Ink | None] = {}
        self._tops: dict[tuple[Scale, Typeface], list[int]] = {}

    def ink(self, scale: Scale) -> Ink | None:
        """Its ink at the page's scale; None where there is none."""
        if scale not in self._inks:
            self._inks[scale] = ink_of(self._scaled(scale))
        return self._inks[scale]

    def tops(self, scale: Scale, face: Typeface) -> list[int]:
        """The first row of each line at the page's scale, as `line_tops`."""
        sharp = replace(face, blur=0.0)
        if (scale, sharp) not in self._tops:
            ink = self.ink(scale)
            self._tops[scale, sharp] = [] if ink is None else line_tops(ink, sharp)
        return self._tops[scale, sharp]

    def _scaled(self, scale: Scale) -> Grey:
        across, down = scale
        if scale == AS_IT_IS:
            return self.grey
        height, width = self.grey.shape
        (right, columns), (below, rows) = _whole_pixels(width, across), _whole_pixels(height, down)
        grey = cv2.copyMakeBorder(self.grey, 0, below, 0, right, cv2.BORDER_REPLICATE) if right or below else self.grey
        shrinks = across >= 1 and down >= 1
        scaled: Grey = cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
        return scaled[: max(1, round(height / down)), : max(1, round(width / across))]


def _whole_pixels(length: int, scale: float) -> tuple[int, int]:
    """How many pixels to add to a picture, and how many it has then at a scale, both whole numbers.

    By rounding alone, the last cell of a line would lie half a pixel off.
    """
    least = max(1, math.ceil(length / scale - _EXACT))
    pixels = min(
        range(least, least + _TRIED), key=lambda pixels: max(abs(pixels * scale - round(pixels * scale)), _EXACT)
    )
    return max(0, round(pixels * scale) - length), pixels

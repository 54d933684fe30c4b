"""Black bars around a page, as players and editors add them: above and below, or at the sides."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from vwd.readback.ink import Grey

# A row or column without anything brighter than this share of the paper is a bar's: noise of 20 of 255 stays below it.
_BRIGHTEST = 0.5
# Of all pixels, the share that paper has at least.
_PAPER = 0.1


class Part(NamedTuple):
    """A part of a picture, in pixels: from `left`, `top` to before `right`, `bottom`."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, grey: Grey) -> Grey:
        return grey[self.top : self.bottom, self.left : self.right]


def inside_bars(grey: Grey) -> Part:
    """The part of a picture inside its bars; all of it where it has none, or is dark altogether."""
    height, width = grey.shape
    brighter = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()[::-1].cumsum()
    paper = 255 - int(np.searchsorted(brighter, _PAPER * grey.size))
    rows = np.flatnonzero(grey.max(axis=1) >= _BRIGHTEST * paper)
    columns = np.flatnonzero(grey.max(axis=0) >= _BRIGHTEST * paper)
    if not paper or not len(rows) or not len(columns):
        return Part(0, 0, width, height)
    return Part(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)

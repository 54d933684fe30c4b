"""A line of a page as pixels, with room on both sides, in which cells are looked for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vwd.readback.ink import Ink

# What is darker is ink; what is darker may be.
INKED, _PALE = 0.5, 0.3


class Strip(NamedTuple):
    """A line's pixels, float32 [line height, width], with room on both sides.

    `last`: the last column that has ink; `first` and `end`: the picture's first column, and the one after its last.
    `gaps`: whether there is no ink in a column and in the one before. `before`: the ink of all columns before each.
    """

    pixels: Ink
    last: int
    first: int
    end: int
    gaps: list[bool]
    before: list[float]


def padded(pixels: Ink, before: int, after: int) -> Strip:
    height, width = pixels.shape
    wide = np.zeros((height, before + width + after), np.float32)
    wide[:, before : before + width] = pixels
    inked = np.flatnonzero((pixels > INKED).any(axis=0))
    last = int(inked[-1]) + before if len(inked) else -1
    empty = np.less_equal(wide.max(axis=0), _PALE)
    gaps = empty & np.concatenate([[True], empty[:-1]])
    sums = np.concatenate([[0.0], wide.sum(axis=0).cumsum()])
    return Strip(wide, last, before, before + width, gaps.tolist(), sums.tolist())

"""The lines of a page as pixels, with room on both sides, in which cells are looked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vwd.readback.ink import Ink
from vwd.readback.lines import strip

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


def strips(ink: Ink, tops: Sequence[int], height: int, before: int, after: int) -> list[Strip]:
    """The lines of a page.

    Args:
        tops: the first row of each.
        height: of a line.
        before, after: how much room there is at the left and at the right.
    """
    width = ink.shape[1]
    lines = np.zeros((len(tops), height, before + width + after), np.float32)
    for line, top in zip(lines, tops, strict=True):
        line[:, before : before + width] = strip(ink, top, height)
    darkest = lines.max(axis=1)
    inked = darkest > INKED
    lasts = np.where(inked.any(axis=1), inked.shape[1] - 1 - inked[:, ::-1].argmax(axis=1), -1)
    gaps = darkest <= _PALE
    gaps[:, 1:] &= gaps[:, :-1].copy()
    sums = np.pad(lines.sum(axis=1), ((0, 0), (1, 0))).cumsum(axis=1, dtype=np.float64)
    return [
        Strip(pixels, last, before, before + width, gap, sum_)
        for pixels, last, gap, sum_ in zip(lines, lasts.tolist(), gaps.tolist(), sums.tolist(), strict=True)
    ]

"""Pace: at which frame each unit of the answer appears."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from vwd.text.spec import Pace


def answer_frames(pages: Sequence[int], left: int, pace: Pace) -> Sequence[int] | None:
    """The frame of each unit, counted from the answer's first.

    Args:
        pages: the page of each unit, never decreasing.
        left: how many frames there are for them. Only with `fit` there may be fewer than units.

    Returns:
        Frames that never decrease, each less than `left`. Each page has frames of its own; None where there are more
        pages than frames.
    """
    count = len(pages)
    if count > left:
        return _crowded(pages, left)
    if pace == "spread":
        return [number * left // count for number in range(count)]
    return range(count)


def _crowded(pages: Sequence[int], left: int) -> list[int] | None:
    """Evenly, but for pages: none shares a frame with another, or it would not be seen."""
    starts = [0]
    while starts[-1] < len(pages):
        starts.append(bisect_right(pages, pages[starts[-1]]))
    if len(starts) - 1 > left:
        return None
    frames: list[int] = []
    begin = 0
    for number, (first, stop) in enumerate(pairwise(starts), 1):
        pages_after = len(starts) - 1 - number
        # Frames in proportion to the units so far, at least one for this page and one for each that follows.
        end = min(max(begin + 1, stop * left // len(pages)), left - pages_after)
        shown = min(end - begin, stop - first)
        frames += [begin + place * shown // (stop - first) for place in range(stop - first)]
        begin = end
    return frames

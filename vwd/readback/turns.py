"""Which frames show a page, and when something first appears on it, from pictures of a few pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vwd.readback.ink import Grey
from vwd.text.storyboard import Box

_Ints = npt.NDArray[np.integer[Any]]

# Frames that nowhere differ by more, of 255, are the same picture.
_SAME = 6
# A page is over when so much of its ink is gone from one frame to the next: of pages full of small text, which look
# alike in small pictures, 0.37 at least; within a page, noise and codecs take 0.004 at most.
_GONE = 0.2
# Of 255: what a pixel of a small picture must be darker than paper, not to be noise; and to be ink for certain.
_FAINT, _INK = 12, 24
_LEVELS = np.arange(256)
# Every so many pixels of a small picture tell how bright its paper is.
_SPARSE = 3
# A word is there when it has this share of its final ink.
_THERE = 0.5


@dataclass
class Turns:
    """Takes a video's frames one by one, and keeps what is needed of them.

    Attributes:
        pool: pixels of a frame for one of the small pictures, across and down.
        step: every so many rows of a frame are looked at.
        starts: the first frame of each page so far.
        lasts: the last frame of each page but the present one.
    """

    pool: tuple[int, int]
    step: int = 1
    count: int = 0
    starts: list[int] = field(default_factory=list)
    lasts: list[Grey] = field(default_factory=list)
    _small: list[list[tuple[int, Grey]]] = field(default_factory=list)
    _frame: Grey | None = None

    def add(self, frame: Grey) -> None:
        """The next frame: uint8 [height, width]."""
        if self._frame is None:
            self._turn(self._small_ink(frame))
        elif frame.shape != self._frame.shape:
            raise ValueError(f"frames of {self._frame.shape} and of {frame.shape} pixels in one video")
        elif cv2.norm(frame[:: self.step], self._frame[:: self.step], cv2.NORM_INF) > _SAME:
            small = self._small_ink(frame)
            if _is_turn(self._small[-1][-1][1], small):
                self.lasts.append(self._frame)
                self._turn(small)
            else:
                self._small[-1].append((self.count, small))
        self._frame = frame
        self.count += 1

    def pages(self) -> list[Grey]:
        """The last frame of each page."""
        return [*self.lasts, self._frame] if self._frame is not None else []

    def first_frames(self, page: int, boxes: Sequence[Box]) -> list[int]:
        """The first frame of a page at which the ink of each box is there, and stays."""
        if not boxes:
            return []
        numbers = [number for number, _ in self._small[page]]
        sums = np.stack([cv2.integral(small) for _, small in self._small[page]])
        lefts, tops, widths, heights = np.array(boxes).T
        rights, bottoms = lefts + widths, tops + heights
        across, down = self.pool
        touched = _amounts(sums, lefts // across, tops // down, -(-rights // across), -(-bottoms // down))
        # At a box's edge may be ink of its neighbours: the tail of a g above a dash is as much as half of the dash.
        inner = _amounts(sums, -(-lefts // across), -(-tops // down), rights // across, bottoms // down)
        amounts = np.where(inner[-1] > _INK, inner, touched)
        missing = amounts < _THERE * amounts[-1]
        last_missing = np.where(missing.any(axis=0), len(numbers) - 1 - missing[::-1].argmax(axis=0), -1)
        return [numbers[place + 1] for place in last_missing]

    def _turn(self, small: Grey) -> None:
        self.starts.append(self.count)
        self._small.append([(self.count, small)])

    def _small_ink(self, frame: Grey) -> Grey:
        across, down = self.pool
        return _ink(_pooled(frame[:: self.step], across, down // self.step))


def _amounts(sums: _Ints, x1: _Ints, y1: _Ints, x2: _Ints, y2: _Ints) -> _Ints:
    """How much ink is between columns and between rows, int [frames, boxes], by the integrals of small pictures."""
    x1, x2 = np.clip(x1, 0, sums.shape[2] - 1), np.clip(np.maximum(x1, x2), 0, sums.shape[2] - 1)
    y1, y2 = np.clip(y1, 0, sums.shape[1] - 1), np.clip(np.maximum(y1, y2), 0, sums.shape[1] - 1)
    amounts: _Ints = sums[:, y2, x2] - sums[:, y1, x2] - sums[:, y2, x1] + sums[:, y1, x1]
    return amounts


def _ink(small: Grey) -> Grey:
    """How much darker than paper each pixel of a small picture is, 0 where that may be noise."""
    counts = np.bincount(small.ravel()[::_SPARSE], minlength=256).cumsum()
    darker = int(counts.searchsorted(counts[-1] / 2)) - _LEVELS
    darker[darker < _FAINT] = 0
    ink: Grey = cv2.LUT(small, darker.astype(np.uint8))
    return ink


def _pooled(frame: Grey, across: int, down: int) -> Grey:
    """The means of parts of so many pixels; what is left over at the right and below belongs to none."""
    size = max(1, frame.shape[1] // across), max(1, frame.shape[0] // down)
    small = frame[: size[1] * down, : size[0] * across]
    while across % 2 == 0 and down % 2 == 0 and min(size) > 1:  # halving is several times as fast as quartering
        small = cv2.resize(small, (small.shape[1] // 2, small.shape[0] // 2), interpolation=cv2.INTER_AREA)
        across, down = across // 2, down // 2
    if small.shape == size[::-1]:
        return small
    pooled: Grey = cv2.resize(small, size, interpolation=cv2.INTER_AREA)
    return pooled


def _is_turn(before: Grey, after: Grey) -> bool:
    return _total(cv2.subtract(before, after)) > _GONE * _total(before)


def _total(ink: Grey) -> float:
    """The sum of what is ink for certain."""
    return cv2.sumElems(cv2.threshold(ink, _INK - 1, 0, cv2.THRESH_TOZERO)[1])[0]

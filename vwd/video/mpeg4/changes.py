"""What each frame of a video changes, by macroblocks.

A page is drawn once: as long as no ink is drawn where ink is, it shows at its end what was there at each of its frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vwd.text.storyboard import Box
from vwd.video.bitmaps import Ink
from vwd.video.fonts import Coverage
from vwd.video.mpeg4.vops import Grid

Numbers = npt.NDArray[np.int64]

# So many frames are taken together at most: a macroblock that one of them may change takes a kilobyte meanwhile.
_TOGETHER = 1000


class Changed(NamedTuple):
    """Macroblocks that frames change, frame after frame, those of one in coding order; all of n that do so.

    `frames` and `numbers` are int64 [n]; `tiles`, all ink that is there then, uint8 [n, 256].
    """

    frames: Numbers
    numbers: Numbers
    tiles: Coverage


def changes(inks: Mapping[int, Sequence[Ink]], starts: Iterable[int], grid: Grid) -> Changed:
    """What each frame changes: on the page, or from a white one where it starts one."""
    parts = zip(*_taken(inks, frozenset(starts), grid), strict=True)
    return Changed(*map(np.concatenate, parts))


def _taken(inks: Mapping[int, Sequence[Ink]], starts: frozenset[int], grid: Grid) -> Iterator[Changed]:
    page = _Page(grid)
    for frame in sorted(inks):
        if frame in starts:
            yield page.take()
            page.clear()
            page.draw_over(frame, inks[frame])
        elif page.is_covered_by(inks[frame]):
            yield page.take()
            page.draw_over(frame, inks[frame])
            yield page.take()
        else:
            if page.count == _TOGETHER:
                yield page.take()
            page.draw(frame, inks[frame])
    yield page.take()


class _Page:
    """The ink on a page, and what was drawn since the changes were taken."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        shape = (grid.rows * 16, grid.columns * 16)
        # Of each pixel, its ink; and which of the frames was the last that drew there, from 1 on, 0 for none of them.
        self._ink, self._last = np.zeros(shape, np.uint8), np.zeros(shape, np.uint16)
        self._frames = [0]
        self._boxes: list[tuple[int, int, int, int, int]] = []
        self._drawn_over = False

    @property
    def count(self) -> int:
        """How many frames were drawn."""
        return len(self._frames) - 1

    def clear(self) -> None:
        self._ink[:] = 0

    def is_covered_by(self, inks: Sequence[Ink]) -> bool:
        """Whether one of these would be drawn where there is ink, or where another of them may be."""
        for (x, y, width, height), _, _ in inks:
            if self._ink[y : y + height, x : x + width].any():
                return True
        return len(inks) > 1 and any(_overlap(one.box, other.box) for one, other in combinations(inks, 2))

    def draw(self, frame: int, inks: Sequence[Ink]) -> None:
        """Draws where there is no ink."""
        number = len(self._frames)
        self._frames.append(frame)
        for (x, y, width, height), coverage, _ in inks:
            self._ink[y : y + height, x : x + width] = coverage
            self._last[y : y + height, x : x + width] = number
            self._boxes.append((number, x, y, width, height))

    def draw_over(self, frame: int, inks: Sequence[Ink]) -> None:
        """Draws over what is there. Only for the first frame since the changes were taken."""
        self._frames.append(frame)
        self._drawn_over = True
        for (x, y, width, height), coverage, _ in inks:
            ink = self._ink[y : y + height, x : x + width]
            np.copyto(self._last[y : y + height, x : x + width], 1, where=ink != coverage)
            ink[:] = coverage
            self._boxes.append((1, x, y, width, height))

    def take(self) -> Changed:
        """What changed since the last time."""
        numbers, places = self._touched()
        rows, columns = np.divmod(places, self._grid.columns)
        # Of each macroblock its rows of 16 pixels, as they are numbered in a plane.
        lines = ((rows * 16) * self._grid.columns + columns)[:, None] + np.arange(16) * self._grid.columns
        tiles = self._ink.reshape(-1, 16).take(lines, axis=0).reshape(-1, 256)
        last = self._last.reshape(-1, 16).take(lines, axis=0).reshape(-1, 256)
        own = numbers.astype(last.dtype)[:, None]
        drawn = last == own
        rest = int(np.searchsorted(numbers, 2)) if self._drawn_over else 0
        drawn[rest:] &= tiles[rest:] != 0  # where all of a box counts as drawn
        changed = drawn.any(axis=1)
        tiles *= last <= own
        taken = Changed(np.array(self._frames)[numbers[changed]], places[changed], tiles[changed])
        self._frames, self._boxes, self._drawn_over = [0], [], False
        self._last[:] = 0
        return taken

    def _touched(self) -> tuple[Numbers, Numbers]:
        """The macroblocks that the boxes touch: the number of the frame, and theirs, in this order."""
        frames, x, y, width, height = np.array(self._boxes, np.int64).reshape(-1, 5).T
        left, top = x // 16, y // 16
        columns, rows = (x + width - 1) // 16 - left + 1, (y + height - 1) // 16 - top + 1
        counts = columns * rows
        first = frames * self._grid.total + top * self._grid.columns + left
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        row, column = np.divmod(within, np.repeat(columns, counts))
        touched = np.repeat(first, counts) + row * self._grid.columns + column
        if len(frames) >= len(self._frames):  # several boxes of one frame may share macroblocks
            touched.sort()
            touched = touched[np.append(True, touched[1:] != touched[:-1])]
        return np.divmod(touched, self._grid.total)


def _overlap(one: Box, other: Box) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height

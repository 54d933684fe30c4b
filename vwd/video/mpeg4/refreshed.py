"""P-VOPs that show the macroblocks that a word touches anew, as intra macroblocks, with all ink that is there.

The codes of intra coefficients reach larger levels than those of inter ones, and so take a quarter less bits for ink;
and no error of an earlier word stays beneath a later one. A macroblock's DC is predicted from its neighbours in the
same picture; those that are not coded there count as being outside (7.4.3.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from vwd.video.bitmaps import Ink
from vwd.video.fonts import Coverage
from vwd.video.mpeg4.bits import ones
from vwd.video.mpeg4.macroblocks import REFRESHED_HEAD, Cache, IntraTile, intra_tiles, lookup_tiles
from vwd.video.mpeg4.vops import OUTSIDE_DC, Grid, dc_differences, intra_body


class Changed(NamedTuple):
    """The macroblocks that a frame changes: their numbers, in coding order, and all ink on them, uint8 [n, 256]."""

    numbers: list[int]
    tiles: Coverage


class Page:
    """The ink on a page, frame after frame."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._plane = np.zeros((grid.rows * 16, grid.columns * 16), np.uint8)
        # Of the plane, by a macroblock's row and column: [rows, columns, 16, 16].
        self._tiles = self._plane.reshape(grid.rows, 16, grid.columns, 16).swapaxes(1, 2)

    def clear(self) -> None:
        self._plane[:] = 0

    def draw(self, inks: Sequence[Ink]) -> Changed:
        """Draws over what is there, and gives what is no longer as it was."""
        changed: set[int] = set()
        for (x, y, width, height), coverage, _ in inks:
            place = self._plane[y : y + height, x : x + width]
            # By macroblock: along each side from its first pixel, and from where each further one starts.
            lines = np.logical_or.reduceat(place != coverage, [0, *range(16 - y % 16, height, 16)], axis=0)
            rows, columns = np.nonzero(np.logical_or.reduceat(lines, [0, *range(16 - x % 16, width, 16)], axis=1))
            place[:] = coverage
            changed.update(((y // 16 + rows) * self._grid.columns + x // 16 + columns).tolist())
        numbers = sorted(changed)
        rows, columns = np.divmod(np.array(numbers, np.int64), self._grid.columns)
        return Changed(numbers, self._tiles[rows, columns].reshape(-1, 256))


def refreshed_pictures(pictures: Sequence[Changed], grid: Grid, cache: Cache[IntraTile], quantiser: int) -> list[bytes]:
    """The macroblocks of P-VOPs, one bit a byte. All that is not known yet is transformed in one batch."""
    if not pictures:
        return []
    tiles = np.concatenate([picture.tiles for picture in pictures])
    entries = lookup_tiles(cache, tiles, lambda luma: intra_tiles(luma, quantiser))
    differences = iter(zip(entries, _dc_differences(pictures, entries, grid), strict=True))
    made = []
    for numbers, _ in pictures:
        parts: list[bytes] = []
        following = 0
        for number in numbers:
            parts += (ones(number - following), REFRESHED_HEAD, *intra_body(*next(differences)))
            following = number + 1
        made.append(b"".join(parts) + ones(grid.total - following))
    return made


def _dc_differences(pictures: Sequence[Changed], entries: Sequence[IntraTile], grid: Grid) -> list[list[int]]:
    """Of all pictures' macroblocks, four each.

    The rectangle that a picture changes is set below that of the one before, with a row between them that counts as
    being outside, as does what is around each.
    """
    counts = [len(picture.numbers) for picture in pictures if picture.numbers]
    if not counts:
        return []
    starts = [0, *accumulate(counts[:-1])]
    rows, columns = np.divmod(np.concatenate([picture.numbers for picture in pictures]).astype(np.int64), grid.columns)
    top, left = np.minimum.reduceat(rows, starts), np.minimum.reduceat(columns, starts)
    heights = np.maximum.reduceat(rows, starts) - top + 2
    rows += np.repeat(np.cumsum(heights) - heights - top, counts)
    columns -= np.repeat(left, counts)
    width, height = int(columns.max()) + 1, int(heights.sum())
    dc = np.full((height * width, 4), OUTSIDE_DC, np.int64)
    dc[rows * width + columns] = [entry.dc for entry in entries]
    differences: list[list[int]] = dc_differences(dc, height, width)[rows * width + columns].tolist()
    return differences

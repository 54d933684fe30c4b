"""P-VOPs that show the macroblocks that a word touches anew, as intra macroblocks, with all ink that is there.

The codes of intra coefficients reach larger levels than those of inter ones, and so take a quarter less bits for ink;
and no error of an earlier word stays beneath a later one. A macroblock's DC is predicted from its neighbours in the
same picture; those that are not coded there count as being outside (7.4.3.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from vwd.video.mpeg4.bits import ones
from vwd.video.mpeg4.changes import Numbers
from vwd.video.mpeg4.macroblocks import REFRESHED_HEAD, IntraTile
from vwd.video.mpeg4.vops import OUTSIDE_DC, Grid, dc_differences, intra_vop, joined_dc


def refreshed_pictures(
    frames: Numbers, numbers: Numbers, entries: Sequence[IntraTile], grid: Grid, headers: Sequence[bytes]
) -> Iterator[tuple[int, bytes]]:
    """P-VOPs, one bit a byte, with the frame of each.

    Args:
        frames, numbers: as of `vwd.video.mpeg4.changes.Changed`.
        entries: the macroblocks.
        headers: one for each of the video's frames.
    """
    if not len(frames):
        return
    firsts = np.flatnonzero(np.append(True, frames[1:] != frames[:-1]))
    pictures, counts = frames[firsts], np.diff(firsts, append=len(frames))
    macroblocks = iter(zip(numbers.tolist(), entries, _dc_differences(numbers, counts, entries, grid), strict=True))
    for frame, count in zip(pictures.tolist(), counts.tolist(), strict=True):
        yield frame, intra_vop(headers[frame], islice(macroblocks, count), REFRESHED_HEAD, ones, grid.total)


def _dc_differences(
    numbers: Numbers, counts: Numbers, entries: Sequence[IntraTile], grid: Grid
) -> list[tuple[int, int, int, int]]:
    """Of all pictures' macroblocks, four each.

    The rectangle that a picture changes is set below that of the one before, with a row between them that counts as
    being outside, as does what is around each.

    Args:
        counts: how many macroblocks each picture has.
    """
    starts = np.cumsum(counts) - counts
    rows, columns = np.divmod(numbers, grid.columns)
    top, left = np.minimum.reduceat(rows, starts), np.minimum.reduceat(columns, starts)
    heights = np.maximum.reduceat(rows, starts) - top + 2
    rows += np.repeat(np.cumsum(heights) - heights - top, counts)
    columns -= np.repeat(left, counts)
    width, height = int(columns.max()) + 1, int(heights.sum())
    dc = np.full((height * width, 4), OUTSIDE_DC, np.int64)
    dc[rows * width + columns] = joined_dc(entries)
    differences: list[tuple[int, int, int, int]] = dc_differences(dc, height, width)[rows * width + columns].tolist()
    return differences

"""Ink stays black: a block that a decoder would show too light is quantised again, more finely, and aimed darker.

A dead zone saves bits where an error cannot be seen. At a stroke's edge it can: black turns grey. So each block is
decoded here as a decoder would, and those that fail are made again. Two words, or two lines, may share a block, one
at either side of it; there the error of one is added to the ink of the other, so that each gets its share of the
tolerance.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from vwd.video.frames import VIDEO_RANGE
from vwd.video.mpeg4.blocks import Levels, Tiles

_WHITE, BLACK = int(VIDEO_RANGE[0]), int(VIDEO_RANGE[-1])
# BT.601 luma 24 is 9 of 255 in RGB, and 26 is 12: decoders may differ by one from the exact transform.
LIGHTEST = 24
# How much of that the other word may cause, in a block with room for two; found over 900 rows of three corpora.
OVERSHOOT = 6
_ANY = 1 << 12
# Most blocks need one; where six do not suffice, the quantiser is too coarse.
ROUNDS = 6


def keep_black(
    luma: Tiles, levels: Levels, closer: Callable[[Tiles], Levels], decode: Callable[[Levels], Tiles]
) -> Levels:
    """The levels of blocks, made again where a decoder would show them lighter than they may be.

    Args:
        luma: [n, 8, 8], what the blocks should show.
        levels: [n, 64], as quantised with a dead zone.
        closer: quantises samples without one.
        decode: shows levels as a decoder does, [n, 8, 8].

    Returns:
        [n, 64].
    """
    levels, aim, lightest = levels.copy(), luma.copy(), _lightest(luma)
    failing = np.arange(len(luma))
    for _ in range(ROUNDS):
        excess = (decode(levels[failing]) - lightest[failing]).clip(0)
        still = excess.any(axis=(1, 2))
        failing, excess = failing[still], excess[still]
        if not len(failing):
            break
        levels[failing] = closer(aim[failing])
        aim[failing] -= excess
    return levels


def _lightest(luma: Tiles) -> Tiles:
    """How light each sample may be: full ink, and the paper around it where another word's ink may be."""
    paper = luma == _WHITE
    columns, rows = _from_either_end(paper.all(axis=1)), _from_either_end(paper.all(axis=2))
    room = columns[:, None, :] | rows[:, :, None]
    shared = room.any(axis=(1, 2), keepdims=True)
    has_ink = ~paper.all(axis=(1, 2), keepdims=True)
    of_ink = np.where(luma == BLACK, np.where(shared, LIGHTEST - OVERSHOOT, LIGHTEST), _ANY)
    lightest: Tiles = np.where(room & has_ink, _WHITE + OVERSHOOT, of_ink).astype(np.int16)
    return lightest


def _from_either_end(lines: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Of [n, 8], those that are true together with all before them, or with all after."""
    backwards = np.logical_and.accumulate(lines[:, ::-1], axis=1)[:, ::-1]
    either: npt.NDArray[np.bool_] = np.logical_and.accumulate(lines, axis=1) | backwards
    return either

"""The wanted frames drawn from the storyboard, without a video; and where in them text stands."""

from __future__ import annotations

from typing import Literal

import numpy as np

from vwd.stream.decode import Grey, fit
from vwd.stream.frames import Numbers
from vwd.text.storyboard import Storyboard
from vwd.video.frames import play

Mask = Literal["text", "answer"]


def draw(storyboard: Storyboard, wanted: Numbers, frames: Grey) -> None:
    """Some frames as they were before encoding, at full range.

    Args:
        wanted: their numbers, never falling, each less than the storyboard's frames.
        frames: uint8 [T, H, W], where they go; they are scaled to its height and width.
    """
    canvas = np.empty((storyboard.height, storyboard.width), np.uint8)
    place = 0
    for number, _ in enumerate(play(storyboard, canvas)):
        while place < len(wanted) and wanted[place] == number:
            fit(canvas, frames[place])
            place += 1
        if place == len(wanted):
            return


def text_mask(storyboard: Storyboard, wanted: Numbers, size: tuple[int, int], kind: Mask) -> Grey:
    """1 inside the boxes of the words that a frame shows, 0 elsewhere. A pixel that a box touches counts as inside.

    Args:
        size: height and width.
        kind: "text" for all words, "answer" for those of the answer alone.

    Returns:
        uint8 [T, H, W].
    """
    height, width = size
    masks = np.zeros((len(wanted), height, width), np.uint8)
    starts = (*storyboard.page_starts, storyboard.frames)
    for word in storyboard.words:
        if kind == "answer" and word.frame < storyboard.prompt_frames:
            continue
        first, last = np.searchsorted(wanted, (word.frame, starts[word.page + 1]))
        x, y, across, down = word.box
        left, right = x * width // storyboard.width, -(-(x + across) * width // storyboard.width)
        top, bottom = y * height // storyboard.height, -(-(y + down) * height // storyboard.height)
        masks[first:last, top:bottom, left:right] = 1
    return masks

"""Frames drawn from the storyboard, without a video; and masks of where they show text."""

from __future__ import annotations

import numpy as np

from vwd.errors import ShardError
from vwd.stream.decode import Grey, fit
from vwd.stream.form import Mask
from vwd.stream.frame_selection import Numbers
from vwd.text.storyboard import Storyboard
from vwd.video.frames import play


def render(storyboard: Storyboard, wanted: Numbers, frames: Grey) -> None:
    """Some frames, as before encoding, at full range.

    Args:
        wanted: their numbers, never decreasing, each less than the storyboard's frames.
        frames: uint8 [T, H, W], written; they are scaled to its height and width.

    Raises:
        ShardError: a word does not fill its box.
    """
    canvas = np.empty((storyboard.height, storyboard.width), np.uint8)
    filled = 0
    try:
        for number, _ in enumerate(play(storyboard, canvas)):
            while filled < len(wanted) and wanted[filled] == number:
                fit(canvas, frames[filled])
                filled += 1
            if filled == len(wanted):
                return
    except ValueError as error:
        raise ShardError(f"storyboard.json {error}", "Check the shards with 'vwd verify'.") from error


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

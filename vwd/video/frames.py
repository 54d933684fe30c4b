"""Frames as arrays: each is the previous one with a word added; a page is never drawn again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from vwd.text.storyboard import Storyboard
from vwd.video.bitmaps import inks_by_frame

Canvas = npt.NDArray[np.uint8]
Levels = npt.NDArray[np.uint8]

# Ink coverage 0–255 to a sample's value: full range (RGB, grey), and the video range of YCbCr (BT.601: white
# is 235, black 16).
FULL_RANGE: Levels = np.arange(255, -1, -1, dtype=np.uint8)
VIDEO_RANGE: Levels = (235 - (np.arange(256) * 219 + 127) // 255).astype(np.uint8)


def play(storyboard: Storyboard, canvas: Canvas, levels: Levels = FULL_RANGE) -> Iterator[bool]:
    """Turns `canvas` into each of the video's frames in turn; yields whether the frame differs from the previous one.

    Args:
        canvas: uint8 [height, width], or [height, width, channels] for that many equal channels. Overwritten.
        levels: the value of each coverage from 0 (paper) to 255 (ink), uint8 [256].
    """
    added = inks_by_frame(storyboard)
    starts = set(storyboard.page_starts)
    for frame in range(storyboard.frames):
        if frame in starts:
            canvas[:] = levels[0]
        for (x, y, width, height), coverage, _ in added.get(frame, ()):
            value = levels[coverage]
            canvas[y : y + height, x : x + width] = value if canvas.ndim == 2 else value[:, :, None]
        yield frame in starts or frame in added


def grey_frames(storyboard: Storyboard) -> Canvas:
    """All frames of a video before encoding: uint8 [frames, height, width], white 255."""
    canvas = np.empty((storyboard.height, storyboard.width), np.uint8)
    return np.stack([canvas.copy() for _ in play(storyboard, canvas)])

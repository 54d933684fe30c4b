"""From a picture to its ink: paper 0, full strokes 1, whatever the paper's shade and the strokes' darkness."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Ink = npt.NDArray[np.float32]

# Of 255: what is less dark than the paper by this is no stroke. Quantised paper varies by 10, noise of 20 by 60.
_LEAST_CONTRAST = 60
# The darkest part of a picture that shows a single short word.
_DARKEST = 0.0005


def to_grey(picture: npt.NDArray[Any]) -> Grey:
    """A picture as uint8 [height, width]: grey as it is, colours (the last axis: B, G, R) by their luma.

    Raises:
        ValueError: it has another shape or type.
    """
    if (
        picture.dtype != np.uint8
        or picture.ndim not in (2, 3)
        or (picture.ndim == 3 and picture.shape[2] not in (1, 3))
    ):
        raise ValueError(
            f"a picture of shape {picture.shape} and type {picture.dtype}; give uint8 [height, width(, 3)]"
        )
    if picture.ndim == 2:
        return picture
    if picture.shape[2] == 1:
        return picture[:, :, 0]
    grey: Grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return grey


def shades(grey: Grey) -> tuple[int, int] | None:
    """The grey of the paper, which is most of the picture, and of the strokes; None where nothing is dark enough."""
    counts = np.cumsum(cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel())
    paper = int(np.searchsorted(counts, counts[-1] / 2))
    stroke = int(np.searchsorted(counts, max(8, counts[-1] * _DARKEST)))
    return (paper, stroke) if paper - stroke >= _LEAST_CONTRAST else None


def ink_of(grey: Grey) -> Ink | None:
    """The ink of a picture, float32 [height, width]; None where nothing on it is darker than its paper."""
    found = shades(grey)
    if found is None:
        return None
    paper, stroke = found
    levels = np.clip((paper - np.arange(256, dtype=np.float32)) / (paper - stroke), 0, 1.2).astype(np.float32)
    ink: Ink = cv2.LUT(grey, levels)
    return ink

"""How blurred a picture of text is: the more, the less its ink differs from pixel to pixel."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np

from vwd.readback.ink import Ink
from vwd.readback.templates import Typeface, sharp_glyphs

# Degrees of blur that are distinguished, as a Gaussian's σ in pixels of the page.
BLURS = (0.0, 0.6, 0.8, 1.0, 1.25, 1.5, 2.2)
# So many glyphs of each width tell how much ink of this typeface differs.
_SAMPLED = 200


def blur_of(ink: Ink, face: Typeface) -> float:
    """The one of the blurs with which text of this typeface would differ from pixel to pixel as a page's ink does."""
    found = _differences(ink)
    return min(BLURS, key=lambda blur: abs(math.log(_expected(replace(face, blur=blur)) / found)))


def _differences(ink: Ink) -> float:
    """The squares of the differences between neighbouring pixels, compared with the squares of the pixels."""
    across, down = ink[:, 1:] - ink[:, :-1], ink[1:] - ink[:-1]
    squares = cv2.norm(ink, cv2.NORM_L2SQR)
    return (cv2.norm(across, cv2.NORM_L2SQR) + cv2.norm(down, cv2.NORM_L2SQR)) / squares + 1e-6


@lru_cache(maxsize=64)
def _expected(face: Typeface) -> float:
    pictures = [np.pad(picture, face.font_size // 2) for glyphs in sharp_glyphs(face) for picture in glyphs[:_SAMPLED]]
    page = np.concatenate(pictures, axis=1)
    return _differences(cv2.GaussianBlur(page, (0, 0), face.blur) if face.blur else page)

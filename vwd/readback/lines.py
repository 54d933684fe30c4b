"""Where the lines of a page are: their tops, and where they start from the left."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vwd.readback.ink import Ink
from vwd.readback.templates import Matrix, Typeface, templates
from vwd.text.metrics import line_height

# Ink below this is the codec's ringing, or noise.
_FAINT = 0.3
# A row of pixels of which more than this share has ink, however pale, is the separator.
_RULE = 0.8
_FEW = 0.05
# How many times as much a line counts that follows at the usual distance.
_STEADY = 3.0
# Of the page's densest rows: with less, a row is between lines.
_SPARSE = 0.02


def row_profile(ink: Ink) -> Matrix:
    """How much ink each row of pixels has, float32 [height]; 0 for those of the separator."""
    rows: Matrix = np.where(ink > _FAINT, ink, 0).sum(axis=1, dtype=np.float32)
    rules = np.count_nonzero(ink > _FAINT / 2, axis=1) > _RULE * ink.shape[1]
    if rules.sum() < _FEW * len(rows):  # else it is no page with a separator
        rows[rules] = 0
    return rows


@lru_cache(maxsize=32)
def _line_profile(face: Typeface) -> Matrix:
    """How ink is spread over the rows of a line, less its mean; of length 1."""
    height = line_height(face.font_size)
    groups = templates(face)
    largest = max(groups.values(), key=lambda group: len(group.chars))
    profile = (
        (largest.units[:2000] * largest.lengths[:2000, None]).reshape(-1, height, largest.advance).sum(axis=(0, 2))
    )
    profile -= profile.mean()
    result: Matrix = profile / np.linalg.norm(profile)
    return result


def line_tops(ink: Ink, face: Typeface) -> list[int]:
    """The first pixel row of each line that has ink, which may be above the picture."""
    height = line_height(face.font_size)
    rows = row_profile(ink)
    if rows.max() <= 0:
        return []
    padded = np.pad(rows, height)
    fits = np.correlate(padded, _line_profile(face), "valid")  # [k]: of a line that starts at k - height
    left = float(rows.max()) * _SPARSE
    return [top - height for top in _apart(fits, height) if padded[top : top + height].max() > left]


def _apart(fits: Matrix, height: int) -> list[int]:
    """The tops that fit best together: a line's height apart, half of one more around the separator, or further."""
    own = np.maximum(fits, 0)
    totals = own.copy()
    came = np.full(len(fits), -1)
    furthest, best = -1, 0.0
    for top in range(height, len(fits)):
        if totals[top - height] > best:  # of those that are far enough above
            furthest, best = top - height, float(totals[top - height])
        steady = max(top - height, top - height - height // 2, key=lambda at: totals[at] if at >= 0 else -1.0)
        ways = [(best + own[top], furthest), (totals[steady] + _STEADY * own[top], steady)]
        totals[top], came[top] = max(ways)
    chosen = []
    top = int(totals.argmax())
    while top >= 0:
        if fits[top] > 0:
            chosen.append(top)
        top = int(came[top])
    return chosen[::-1]


def strip(ink: Ink, top: int, height: int) -> Ink:
    """The rows of a line, float32 [height, width]; paper where it exceeds the picture."""
    above, below = max(0, -top), max(0, top + height - len(ink))
    part = ink[max(0, top) : max(0, top + height)]
    if not (above or below):
        return part
    result: Ink = np.pad(part, ((above, below), (0, 0)))
    return result


def first_inks(ink: Ink, tops: list[int], height: int) -> npt.NDArray[np.int64]:
    """The first column of each line that has ink."""
    return np.array([int((strip(ink, top, height) > 0.5).any(axis=0).argmax()) for top in tops], np.int64)

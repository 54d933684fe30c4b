"""Where the lines of a page are: their tops, and where they start from the left."""

from __future__ import annotations

from functools import lru_cache

import cv2
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
    rows: Matrix = cv2.threshold(ink, _FAINT, 0, cv2.THRESH_TOZERO)[1].sum(axis=1, dtype=np.float32)
    rows[rule_rows(ink)] = 0
    return rows


def row_counts(pixels: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """How many pixels of each row are true, int32 [height]; several times as fast as NumPy's sum."""
    counts: npt.NDArray[np.int32] = cv2.reduce(pixels.view(np.uint8), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0]
    return counts


def rule_rows(ink: Ink) -> npt.NDArray[np.bool_]:
    """Which rows of pixels are of the separator."""
    rules: npt.NDArray[np.bool_] = row_counts(ink > _FAINT / 2) > _RULE * ink.shape[1]
    if rules.sum() >= _FEW * len(rules):  # it is no page with a separator
        rules[:] = False
    return rules


def without_rules(ink: Ink) -> Ink:
    """The same ink, but none of the separator's, which a line that seems to stand there would take for its own."""
    rules = rule_rows(ink)
    if not rules.any():
        return ink
    text: Ink = ink.copy()
    text[rules] = 0
    return text


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
    own = np.maximum(fits, 0).tolist()
    totals = own.copy()
    came = [-1] * len(own)
    furthest, best = -1, 0.0
    for top in range(height, len(own)):
        above = top - height
        if totals[above] > best:  # of those that are far enough above
            furthest, best = above, totals[above]
        steady, total = above, totals[above]
        if (around := above - height // 2) >= 0 and totals[around] > total:
            steady, total = around, totals[around]
        total += _STEADY * own[top]
        if total < best + own[top]:
            steady, total = furthest, best + own[top]
        totals[top], came[top] = total, steady
    chosen = []
    top = max(range(len(totals)), key=totals.__getitem__)
    while top >= 0:
        if fits[top] > 0:
            chosen.append(top)
        top = came[top]
    return chosen[::-1]


def strip(ink: Ink, top: int, height: int) -> Ink:
    """The rows of a line, float32 [height, width]; paper where it exceeds the picture."""
    above, below = min(max(0, -top), height), min(max(0, top + height - len(ink)), height)
    part = ink[max(0, top) : max(0, top + height)]
    if not (above or below):
        return part
    result: Ink = np.pad(part, ((above, below), (0, 0)))
    return result


def first_inks(ink: Ink, tops: list[int], height: int) -> npt.NDArray[np.int64]:
    """The first column of each line that has ink."""
    return np.array([int((strip(ink, top, height) > 0.5).any(axis=0).argmax()) for top in tops], np.int64)

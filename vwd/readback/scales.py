"""At which scales a page may lie in a picture: by the picture's size, its separator, and the distance of its lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vwd.readback.ink import Grey, Ink
from vwd.readback.lines import row_counts, row_profile
from vwd.readback.picture import AS_IT_IS, Picture, Scale
from vwd.readback.templates import Matrix
from vwd.text.spec import PageSpec

# Scales that differ by less are not both tried; and by what share the separator may seem longer or shorter, as strokes
# are bold or thin.
_SAME, SEPARATOR_ERROR = 0.004, 0.0025
# The separator is a row of which so much is at least this dark, almost without gaps.
_LONG, _DARK, _WHOLE = 0.2, 0.5, 0.98
# How alike rows are, if they are as far apart as lines: less than this says nothing. Peaks that are at least so high,
# compared with the highest one, may tell the distance of lines; so many are tried.
_ALIKE, _SIZEABLE, _NEARER = 0.1, 0.5, 3
# By what share the height of a page within its picture may differ from what its width lets expect.
_STRETCHED = 0.15
# How many lines apart those may be that are alike: the separator takes half a line.
_LINES = (1, 1.5, 2, 2.5, 3, 3.5, 4.5, 5.5)


def scales(picture: Picture, page: PageSpec, by_separator: Scale | None) -> Iterator[Scale]:
    """Scales to try, the likeliest first: the whole page stretched, a part of it or more than it, by the separator, by
    the line pitch.

    Args:
        by_separator: as `separator_scale`.
    """
    seen: list[Scale] = []
    for scale in _likely_scales(picture, page, by_separator):
        share = SEPARATOR_ERROR if scale == by_separator else _SAME
        if all(0.2 < one < 8 for one in scale) and not any(near(scale, one, share) for one in seen):
            seen.append(scale)
            yield scale


def _likely_scales(picture: Picture, page: PageSpec, by_separator: Scale | None) -> Iterator[Scale]:
    expected = stretched, _ = expected_scales(picture.grey, page)
    if by_separator and not any(abs(by_separator[0] / across - 1) < SEPARATOR_ERROR for across, _ in expected):
        yield by_separator
    yield from (AS_IT_IS, stretched) if is_about(page, picture.grey) else (stretched, AS_IT_IS)
    pitches = [pitch / page.line_height for pitch in line_pitches(picture.ink(AS_IT_IS))]
    shape = stretched[0] / stretched[1]
    if by_separator:
        across, _ = by_separator
        for down in (across, across / shape, *(down for _, down in expected), *_downs(pitches, across / shape)):
            yield across, down
    yield from ((max(stretched),) * 2, (min(stretched),) * 2)
    for down in pitches:
        yield from ((by_separator[0] if by_separator else down, down), (down, down), (down * shape, down))


def _downs(pitches: list[float], expected: float) -> list[float]:
    """Scales near to what is expected, the nearest first, by distances that may be of one line or of several."""
    downs = {abs(pitch / lines / expected - 1): pitch / lines for pitch in pitches for lines in _LINES}
    return [downs[share] for share in sorted(downs) if share < _STRETCHED]


def expected_scales(grey: Grey, page: PageSpec) -> tuple[Scale, Scale]:
    """The whole page stretched; and as it is."""
    height, width = grey.shape
    return (width / page.width, height / page.height), AS_IT_IS


def is_about(page: PageSpec, grey: Grey) -> bool:
    """Whether a picture is nearly as large as the page, and not exactly."""
    shape = page.height, page.width
    return grey.shape != shape and all(
        abs(one / other - 1) < 0.05 for one, other in zip(grey.shape, shape, strict=True)
    )


def near(one: Scale, other: Scale, share: float) -> bool:
    """Whether scales differ by less than a share, across and down."""
    return all(abs(a / b - 1) < share for a, b in zip(one, other, strict=True))


def separator_scale(picture: Picture, page: PageSpec) -> Scale | None:
    """The scale by the separator's length; None where there is none, or the picture's edge cuts it."""
    ink = picture.ink(AS_IT_IS)
    if ink is None or len(ink) < 2:
        return None
    rows = ink[1:] + ink[:-1]  # of a thin separator, each of two rows may have a half
    dark = rows > _DARK
    counts, width = row_counts(dark), dark.shape[1]
    long = np.flatnonzero(counts > _LONG * width)
    firsts, stops = dark[long].argmax(axis=1), width - dark[long, ::-1].argmax(axis=1)
    whole = np.flatnonzero((firsts > 0) & (stops < width) & (counts[long] > _WHOLE * (stops - firsts)))
    if not len(whole):
        return None
    darkest = whole[rows[long[whole]].sum(axis=1).argmax()]
    row, first, stop = np.pad(rows[long[darkest]], 1), int(firsts[darkest]) + 1, int(stops[darkest])
    half = float(np.median(row[first : stop + 1])) / 2
    length = stop - first + _beyond(row[first - 1], row[first], half) + _beyond(row[stop + 1], row[stop], half)
    scale = length / page.line_width
    return scale, scale


def _beyond(outer: float, inner: float, half: float) -> float:
    """How far beyond the middle of a pixel ink ends, by what is halfway between it and the next one."""
    return min(max((inner - half) / (inner - outer), 0.0), 1.0) if inner > outer else 0.5


def line_pitches(ink: Ink | None) -> list[float]:
    """The distance of lines in pixels of the picture, by the rows' autocorrelation, the likeliest first; none where
    there are too few lines. Where some are left out, lines further apart may be more alike than neighbours.
    """
    if ink is None:
        return []
    rows = row_profile(ink)
    rows = rows - rows.mean()
    both = np.correlate(rows, rows, "full")[len(rows) - 1 :]
    if both[0] <= 0 or len(both) < 24:
        return []
    peaks = [
        k
        for k in range(8, len(both) // 2)
        if both[k] > both[k - 1] and both[k] >= both[k + 1] and both[k] > _ALIKE * both[0]
    ]
    if not peaks:
        return []
    highest = max(peaks, key=lambda peak: both[peak])
    nearer = [peak for peak in peaks if both[peak] > _SIZEABLE * both[highest]][:_NEARER]
    return [_between(both, peak) for peak in dict.fromkeys((highest, *nearer))]


def _between(values: Matrix, peak: int) -> float:
    """Where a parabola through a peak and its neighbours is highest."""
    a, b, c = values[peak - 1 : peak + 2]
    return float(peak + (a - c) / (2 * (a - 2 * b + c))) if a - 2 * b + c else float(peak)

"""How much larger or smaller than expected the cells of a page are, by how its rows and columns of ink repeat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vwd.readback.ink import Ink
from vwd.readback.lines import row_profile, strip, without_rules
from vwd.readback.templates import Matrix

# Shares by which cells may be larger or smaller.
_SHARES = np.linspace(-0.03, 0.03, 121)
# What is compared is up to so many cells, or lines, away.
_REPEATS = 12
# A share counts where what is there repeats this much as well as at the best; and so many do, at most.
_AS_WELL, _MOST = 0.7, 3


def stretches(ink: Ink, tops: Sequence[int], height: int, advance: int) -> list[tuple[float, float]]:
    """By which shares cells are probably wider and higher than expected, the likeliest first.

    There is less ink between cells than in them: one, two, three of the right width away, the columns of a line are
    alike. Narrower cells in between only shift what is behind them. The same holds for rows, if there are some lines.

    Args:
        tops: the first row of each line.
        height: of a line.
        advance: the width of most cells.
    """
    downs = _shares(row_profile(ink)[None], height)[:1]
    text = without_rules(ink)
    acrosses = _shares(np.stack([strip(text, top, height).sum(axis=0) for top in tops]), advance)
    both = [(across, down) for across in acrosses for down in (*downs, across)]
    return list(dict.fromkeys([*both, *((down, down) for down in downs)]))


def _shares(profiles: Matrix, period: int) -> list[float]:
    """By which shares a period is probably longer, the likeliest first. `profiles`: float32 [lines, pixels]."""
    alike = np.sum([np.correlate(row, row, "full") for row in _without_trend(profiles, period)], axis=0)
    alike = alike[profiles.shape[1] - 1 :]
    lags = period * np.outer(np.arange(1, _REPEATS + 1), 1 + _SHARES)
    fits = np.interp(lags, np.arange(len(alike)), alike, right=0).sum(axis=0)
    inner = fits[1:-1]
    peaks = 1 + np.flatnonzero((inner >= fits[:-2]) & (inner > fits[2:]) & (inner > _AS_WELL * fits.max()))
    return [float(_SHARES[peak]) for peak in sorted(peaks.tolist(), key=lambda peak: -fits[peak])[:_MOST]]


def _without_trend(profiles: Matrix, width: int) -> Matrix:
    """Profiles less the mean of what is around."""
    kernel = np.full(width, 1 / width)
    trend = np.stack([np.convolve(row, kernel)[(width - 1) // 2 :][: len(row)] for row in profiles])
    rest: Matrix = profiles - trend
    return rest

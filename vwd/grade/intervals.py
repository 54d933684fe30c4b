"""95% confidence intervals."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

# The normal distribution's quantile for 95%.
_Z = 1.959963984540054
_RESAMPLES = 1000


def wilson(successes: int, count: int) -> tuple[float, float]:
    """Of a share (Wilson 1927, equation 2); 0 to 1 where nothing was counted."""
    if not count:
        return 0.0, 1.0
    share = successes / count
    centre = share + _Z**2 / (2 * count)
    spread = _Z * sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    scale = 1 + _Z**2 / count
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def bootstrap(values: Sequence[float]) -> tuple[float, float]:
    """Of a mean, by its percentiles over resampled values; the same each time, as its random numbers are."""
    if not values:
        return 0.0, 0.0
    data = np.asarray(values, np.float64)
    random = np.random.default_rng(0)
    means = [float(data[random.integers(0, len(data), len(data))].mean()) for _ in range(_RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)

"""SplitMix64 (Steele, Lea, Flood 2014): hashes that are the same on every machine and with every version of numpy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

INCREMENT = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_BITS = (1 << 64) - 1


def hash_array(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser applied to each number; wraps around, so that numpy's overflow warnings must be off."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(_FIRST)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(_SECOND)
    hashed: npt.NDArray[np.uint64] = x ^ (x >> np.uint64(31))
    return hashed


def hash_integers(*numbers: int) -> int:
    """A hash of several numbers, 0 to 2^63 - 1."""
    state = 0
    for number in numbers:
        state = (state ^ number) + INCREMENT & _BITS
        state = (state ^ state >> 30) * _FIRST & _BITS
        state = (state ^ state >> 27) * _SECOND & _BITS
        state ^= state >> 31
    return state >> 1

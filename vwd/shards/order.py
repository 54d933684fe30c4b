"""In which order rows go into shards: as they are, or mixed by a seed."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]

# SplitMix64 (Steele, Lea, Flood 2014): its increment and its two multipliers.
_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@cache
def permutation(count: int, seed: int) -> Indices:
    """`mixed_order`, kept: for the few that a run asks for again and again."""
    return mixed_order(count, seed)


def mixed_order(count: int, seed: int) -> Indices:
    """A permutation of 0 to count - 1 that is the same on every machine and with every version of numpy.

    The numbers are sorted by a hash of theirs and the seed's; every shuffle of one length and seed is this one.

    Returns:
        int64 [count], not to be written to.
    """
    with np.errstate(over="ignore"):
        offset = _mixed(np.array([seed % 2**64], np.uint64) + _INCREMENT)  # whatever the seed's size and sign
        hashes = _mixed(np.arange(count, dtype=np.uint64) * _INCREMENT + offset)
    order: Indices = np.argsort(hashes, kind="stable").astype(np.int64)
    order.flags.writeable = False
    return order


def row_numbers(start: int, stop: int, count: int | None, seed: int | None) -> list[int]:
    """The numbers of the rows at places `start` to `stop` (exclusive) of the order; without a seed, the places."""
    if seed is None:
        return list(range(start, stop))
    if count is None:
        raise ValueError("rows whose number is not known cannot be mixed")
    return [int(row) for row in permutation(count, seed)[start:stop]]


def _mixed(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * _FIRST
    x = (x ^ (x >> np.uint64(27))) * _SECOND
    mixed: npt.NDArray[np.uint64] = x ^ (x >> np.uint64(31))
    return mixed

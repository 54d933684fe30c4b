"""The order in which rows go into shards: as they are, or shuffled by a seed."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from vwd.shards.splitmix64 import INCREMENT, hash_array

Indices = npt.NDArray[np.int64]


@cache
def permutation(count: int, seed: int) -> Indices:
    """`shuffled_indices`, kept: for the few that a run needs again and again."""
    return shuffled_indices(count, seed)


def shuffled_indices(count: int, seed: int) -> Indices:
    """A permutation of 0 to count - 1 that is the same on every machine and with every version of numpy.

    The numbers are sorted by a hash of theirs and the seed's; every shuffle of one length and seed is this one.

    Returns:
        int64 [count], read-only.
    """
    with np.errstate(over="ignore"):
        increment = np.uint64(INCREMENT)
        offset = hash_array(np.array([seed % 2**64], np.uint64) + increment)  # whatever the seed's size and sign
        hashes = hash_array(np.arange(count, dtype=np.uint64) * increment + offset)
    order: Indices = np.argsort(hashes, kind="stable").astype(np.int64)
    order.flags.writeable = False
    return order


def row_indices(start: int, stop: int, count: int | None, seed: int | None) -> list[int]:
    """The rows at positions `start` to `stop` (exclusive) of the order; without a seed, the positions themselves."""
    rows: list[int] = shuffled_rows(start, stop, count, seed).tolist()
    return rows


def shuffled_rows(start: int, stop: int, count: int | None, seed: int | None) -> Indices:
    """`row_indices` as an array, int64 [stop - start]."""
    if seed is None:
        return np.arange(start, stop)
    if count is None:
        raise ValueError("rows of unknown number cannot be shuffled")
    return permutation(count, seed)[start:stop]

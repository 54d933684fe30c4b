"""Which samples are for training and which for validation: decided by the dataset's name and the row alone."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt

from vwd.shards.shuffle import Indices
from vwd.shards.splitmix64 import INCREMENT, hash_array

Part = Literal["train", "val"]

DEFAULT_FRACTION = 0.05


def for_validation(dataset: str, rows: Indices, fraction: float) -> npt.NDArray[np.bool_]:
    """Whether each of some rows is for validation. With a larger fraction, those of a smaller one still are.

    Args:
        rows: int64 [N], their numbers in the corpus.

    Returns:
        bool [N].
    """
    start = np.frombuffer(hashlib.sha256(f"split {dataset}".encode()).digest()[:8], "<u8").astype(np.uint64)
    with np.errstate(over="ignore"):
        hashes = hash_array(rows.astype(np.uint64) * np.uint64(INCREMENT) + start)
    chosen: npt.NDArray[np.bool_] = hashes < np.uint64(int(Fraction(fraction) * 2**64))
    return chosen

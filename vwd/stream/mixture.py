"""Several outputs in one stream of samples, in exact shares."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

import numpy as np

from vwd.errors import UsageError
from vwd.limits import LONGEST_MIXTURE
from vwd.shards.shuffle import Indices, shuffled_indices
from vwd.shards.splitmix64 import hash_integers


def integer_shares(weights: Sequence[float | str]) -> tuple[int, ...]:
    """The smallest whole numbers in the same proportion: (0.2, 0.8) are (1, 4).

    Raises:
        UsageError: a weight is not a positive number, or the whole numbers are too large to be exact.
    """
    try:
        shares = [Fraction(str(weight)) for weight in weights]
    except ValueError as error:
        raise UsageError(f"weights {list(weights)}: {error}", "Give positive numbers.") from error
    if not shares or min(shares) <= 0:
        raise UsageError(f"weights {list(weights)}", "Give positive numbers; leave out an output that has no share.")
    scale = lcm(*(share.denominator for share in shares))
    numbers = [int(share * scale) for share in shares]
    numbers = [number // gcd(*numbers) for number in numbers]
    if sum(numbers) > LONGEST_MIXTURE:
        raise UsageError(
            f"weights {list(weights)} repeat only after {sum(numbers):,} samples",
            f"Round them to whole parts of at most {LONGEST_MIXTURE:,}.",
        )
    return tuple(numbers)


class Mixture:
    """Which output each sample of an endless stream comes from.

    Of every `period` consecutive samples, counted from the first, output i provides exactly `shares[i]`; their order
    is shuffled again in each period.
    """

    def __init__(self, shares: Sequence[int], seed: int) -> None:
        self.shares = tuple(shares)
        self.period = sum(shares)
        self._owners = np.repeat(np.arange(len(shares)), shares)
        self._seed = seed
        self._number = -1
        self._drawn: tuple[Indices, Indices] = (self._owners, self._owners)

    def at(self, index: int) -> tuple[int, int]:
        """The output of sample `index` of the stream, and which of that output's samples it is, from 0."""
        if len(self.shares) == 1:
            return 0, index
        number, within = divmod(index, self.period)
        if number != self._number:
            self._number, self._drawn = number, self._draw(number)
        owners, before = self._drawn
        owner = int(owners[within])
        return owner, number * self.shares[owner] + int(before[within])

    def _draw(self, number: int) -> tuple[Indices, Indices]:
        """The owners of a period's samples, and how many of the same owner precede each."""
        owners = self._owners[shuffled_indices(self.period, hash_integers(self._seed, 2, number))]
        before = np.empty_like(owners)
        for owner, share in enumerate(self.shares):
            before[owners == owner] = np.arange(share)
        return owners, before

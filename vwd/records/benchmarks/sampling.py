"""Which rows of a split are taken: all, the first, or a sample; and the validation part of a train split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vwd.shards.shuffle import shuffled_indices


@dataclass(frozen=True)
class Part:
    """One side of a train split that is cut in two: validation gets `ratio` of the rows, train the others.

    Attributes:
        seed: by which the rows are dealt out.
    """

    validation: bool
    ratio: float
    seed: int


class Sampling(Protocol):
    """Of the settings, what the choice of rows depends on."""

    @property
    def max_samples(self) -> int | None: ...

    @property
    def seed(self) -> int: ...

    @property
    def streaming(self) -> bool: ...


def chosen_rows(count: int, sampling: Sampling, part: Part | None = None) -> Sequence[int]:
    """The numbers of the rows that are taken, rising: the same for the same count and settings everywhere."""
    rows: Sequence[int] = range(count) if part is None else _part(count, part)
    most = sampling.max_samples
    if most is None or most >= len(rows):
        return rows
    if sampling.streaming:
        return rows[:most]
    return [rows[place] for place in sorted(shuffled_indices(len(rows), sampling.seed)[:most].tolist())]


def _part(count: int, part: Part) -> Sequence[int]:
    order = shuffled_indices(count, part.seed).tolist()
    cut = min(max(round(count * part.ratio), 1), count - 1) if count > 1 else 0
    return sorted(order[:cut] if part.validation else order[cut:])

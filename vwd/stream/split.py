"""Which samples are for training and which for validation: decided by the key of each, and by nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vwd.errors import ShardError, UsageError
from vwd.shards.reader import open_shard
from vwd.shards.shuffle import Indices, shuffled_rows
from vwd.shards.splits import DEFAULT_FRACTION, Part, for_validation
from vwd.stream.form import check_choices
from vwd.stream.shuffle import Location
from vwd.stream.source import Shard, Source

__all__ = ["DEFAULT_FRACTION", "Part", "Selection", "for_validation", "select"]


class Selection:
    """The samples of an output that are read: all, or those of a split.

    Args:
        numbers: of the selected samples of each shard, rising; None for all of every shard.

    Attributes:
        counts: how many samples of each shard are selected.
    """

    def __init__(self, source: Source, numbers: Sequence[Indices] | None = None) -> None:
        self._numbers: npt.NDArray[np.int32] | None = None
        self.counts = [shard.samples for shard in source.shards]
        if numbers is not None:
            self.counts = [len(own) for own in numbers]
            self._starts = np.cumsum([0, *self.counts])
            self._numbers = np.concatenate(numbers).astype(np.int32)

    def locate(self, location: Location) -> Location:
        """Where a sample is in its shard, from its place among the selected ones."""
        if self._numbers is None:
            return location
        return location._replace(sample=int(self._numbers[self._starts[location.shard] + location.sample]))


def select(
    source: Source, part: Part | None, fraction: float = DEFAULT_FRACTION, among: Sequence[Indices] | None = None
) -> Selection:
    """The samples of a split.

    No shard is opened: the rows of its samples follow from the ledger. Without one, their keys are read.

    Args:
        part: None for all.
        fraction: about how much of all is for validation.
        among: the numbers of the samples of each shard that count; None for all.

    Raises:
        UsageError: there is no such split, or it has no sample.
        ShardError: a ledger entry contradicts itself.
    """
    check_choices(split=(part, (None, "train", "val")))
    if isinstance(fraction, bool) or not isinstance(fraction, (int, float)) or not 0 < fraction < 1:
        raise UsageError(f"val_fraction={fraction!r}", "Give a number between 0 and 1, such as 0.05.")
    if part is None:
        if fraction != DEFAULT_FRACTION:
            raise UsageError(f"val_fraction={fraction!r} without a split", "Give split='train' or split='val', too.")
        return Selection(source, among)
    numbers: list[Indices] = [
        np.flatnonzero(for_validation(source.dataset, rows_of(source, shard), fraction) == (part == "val"))
        for shard in source.shards
    ]
    if among is not None:
        numbers = [np.intersect1d(*both, assume_unique=True) for both in zip(numbers, among, strict=True)]
    if not any(map(len, numbers)):
        raise UsageError(
            f"split={part!r}: {source.dataset} has none of its {source.samples:,} samples in it",
            f"Give a {'larger' if part == 'val' else 'smaller'} val_fraction than {fraction}, or more shards.",
        )
    return Selection(source, numbers)


def rows_of(source: Source, shard: Shard) -> Indices:
    """The row of each sample of a shard, int64 [samples]."""
    if source.ledger is None:
        with open_shard(Path(shard.address)) as stored:
            return np.array([one.index for one in stored], np.int64)
    contract = source.ledger.contract
    rows = shuffled_rows(shard.rows.start, shard.rows.stop, contract.rows, contract.shuffle_seed)
    if shard.skipped:
        rows = rows[~np.isin(rows, shard.skipped)]
    if len(rows) != shard.samples:
        raise ShardError(
            f"{source.ledger.paths.entry(shard.number)}: its rows without the skipped ones are {len(rows):,}, "
            f"and its samples {shard.samples:,}",
            "Run 'vwd verify' on this output.",
        )
    return rows

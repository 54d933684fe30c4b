"""In which order an epoch takes the samples: a pure function of seed and epoch, whoever reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from vwd.shards.order import Indices, mixed_order

Key = TypeVar("Key")
Value = TypeVar("Value")

_BITS = (1 << 64) - 1


class Place(NamedTuple):
    """Where a pass takes a sample from, all counted from 0.

    Attributes:
        turn: the pass over all samples.
        stream: of those that the pass reads side by side.
        slot: in the list of shards.
        number: of the sample in its shard.
    """

    turn: int
    stream: int
    slot: int
    number: int


def mixed(*numbers: int) -> int:
    """A hash of numbers, 0 to 2^63 - 1, by SplitMix64's finaliser; the same on every machine."""
    state = 0
    for number in numbers:
        state = (state ^ number) + 0x9E3779B97F4A7C15 & _BITS
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _BITS
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _BITS
        state ^= state >> 31
    return state >> 1


class Order:
    """The order of the samples of one output, pass after pass.

    The shards are mixed and laid end to end. That row of samples is cut into equally long streams, of which the
    order takes a sample each in turn; within a stream, the samples of each block are mixed. So a batch comes from
    as many far apart shards as there are streams, and still everything is read forwards: who reads the shards as
    streams holds no more than `shuffle` samples. Where all samples are no more than that, they are mixed evenly.

    Args:
        counts: samples of each shard.
        shuffle: samples that are mixed with each other; 0 leaves them as they stand in the shards.
        streams: of the most shards that are read at once.
    """

    def __init__(self, counts: Sequence[int], seed: int, shuffle: int, streams: int) -> None:
        self._counts = np.asarray(counts, np.int64)
        self.samples = int(self._counts.sum())
        self._seed = seed
        self._shuffle = shuffle
        self.streams = 1 if self.samples <= shuffle or not shuffle else _power_of_two(min(streams, len(counts)))
        self.block = max(1, shuffle // self.streams)
        self._as_they_are = np.arange(len(counts))
        self._passes: dict[int, tuple[Indices, Indices]] = {}
        self._blocks: dict[tuple[int, int, int], Indices] = {}

    @property
    def shards_at_once(self) -> int:
        """How many shards are under way: a block of each stream, which may begin and end in the middle of a shard."""
        return min(len(self._counts), self.streams * (2 + self.block * len(self._counts) // self.samples))

    def at(self, turn: int, position: int) -> Place:
        """The sample at a position, 0 to `samples` - 1, of pass `turn`."""
        stream, item = position % self.streams, position // self.streams
        shortest, longer = divmod(self.samples, self.streams)
        first = stream * shortest + min(stream, longer)
        if self._shuffle:
            block, within = divmod(item, self.block)
            size = min(self.block, shortest + (stream < longer) - block * self.block)
            item = block * self.block + int(self._block(turn, stream, block, size)[within])
        shards, starts = self._laid_out(turn)
        at = int(np.searchsorted(starts, first + item, "right")) - 1
        return Place(turn, stream, int(shards[at]), first + item - int(starts[at]))

    def _laid_out(self, turn: int) -> tuple[Indices, Indices]:
        """The shards of a pass in their order, and at which sample each starts. Shards without samples start none."""
        if turn not in self._passes:
            shards = mixed_order(len(self._counts), mixed(self._seed, turn, 0)) if self._shuffle else self._as_they_are
            counts = self._counts[shards]
            _keep(self._passes, turn, (shards, np.cumsum(counts) - counts), 2)
        return self._passes[turn]

    def _block(self, turn: int, stream: int, block: int, size: int) -> Indices:
        key = (turn, stream, block)
        if key not in self._blocks:
            _keep(self._blocks, key, mixed_order(size, mixed(self._seed, turn, 1, stream, block)), self.streams + 1)
        return self._blocks[key]


def _keep(kept: dict[Key, Value], key: Key, value: Value, most: int) -> None:
    """Keeps a value among the `most` last ones."""
    while len(kept) >= most:
        del kept[next(iter(kept))]
    kept[key] = value


def _power_of_two(number: int) -> int:
    return 1 << max(1, number).bit_length() - 1

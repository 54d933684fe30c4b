"""The order in which an epoch takes the samples: a pure function of seed and epoch, whoever reads."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from vwd.shards.shuffle import Indices, shuffled_indices
from vwd.shards.splitmix64 import hash_integers

Key = TypeVar("Key")
Value = TypeVar("Value")


class Location(NamedTuple):
    """Where a pass takes a sample from, all counted from 0.

    Attributes:
        turn: the pass over all samples.
        stream: of those that the pass reads in parallel.
        shard: its index in the list of shards.
        sample: its index in the shard.
    """

    turn: int
    stream: int
    shard: int
    sample: int


class Order:
    """The order of the samples of one output, pass after pass.

    The shards are shuffled and concatenated. That sequence of samples is cut into streams of equal length, and the
    order takes one sample of each in turn; within a stream, the samples of each block are shuffled. So a batch comes
    from as many distant shards as there are streams, and still everything is read forwards: a reader of whole shards
    holds no more than `shuffle` samples. Where there are no more samples than that, all are shuffled together.

    Args:
        counts: samples of each shard.
        shuffle: samples that are shuffled with each other; 0 leaves them in the shards' order.
        streams: of the most shards that are read at once.
    """

    def __init__(self, counts: Sequence[int], seed: int, shuffle: int, streams: int) -> None:
        self._counts = np.asarray(counts, np.int64)
        self.samples = int(self._counts.sum())
        self._seed = seed
        self._shuffle = shuffle
        self.streams = 1 if self.samples <= shuffle or not shuffle else _power_of_two(min(streams, len(counts)))
        self.block = max(1, shuffle // self.streams)
        self._unshuffled = np.arange(len(counts))
        self._passes: dict[int, tuple[list[int], list[int]]] = {}
        self._blocks: dict[tuple[int, int, int], Indices] = {}

    @property
    def shards_at_once(self) -> int:
        """How many shards are open at once: those of a block of each stream, which may start in the middle of one."""
        return min(len(self._counts), self.streams * (2 + self.block * len(self._counts) // self.samples))

    def at(self, turn: int, position: int) -> Location:
        """The sample at a position, 0 to `samples` - 1, of pass `turn`."""
        stream, item = position % self.streams, position // self.streams
        shortest, longer = divmod(self.samples, self.streams)
        first = stream * shortest + min(stream, longer)
        if self._shuffle:
            block, within = divmod(item, self.block)
            size = min(self.block, shortest + (stream < longer) - block * self.block)
            item = block * self.block + int(self._block(turn, stream, block, size)[within])
        shards, starts = self._concatenated(turn)
        at = bisect_right(starts, first + item) - 1
        return Location(turn, stream, shards[at], first + item - starts[at])

    def _concatenated(self, turn: int) -> tuple[list[int], list[int]]:
        """The shards of a pass in their order, and the sample at which each starts."""
        if turn not in self._passes:
            shards = (
                shuffled_indices(len(self._counts), hash_integers(self._seed, turn, 0))
                if self._shuffle
                else self._unshuffled
            )
            counts = self._counts[shards]
            starts = np.cumsum(counts) - counts
            _keep(self._passes, turn, (shards.tolist(), starts.tolist()), 2)
        return self._passes[turn]

    def _block(self, turn: int, stream: int, block: int, size: int) -> Indices:
        key = (turn, stream, block)
        if key not in self._blocks:
            _keep(
                self._blocks,
                key,
                shuffled_indices(size, hash_integers(self._seed, turn, 1, stream, block)),
                self.streams + 1,
            )
        return self._blocks[key]


def _keep(kept: dict[Key, Value], key: Key, value: Value, most: int) -> None:
    """Keeps a value among the last `most` ones."""
    while len(kept) >= most:
        del kept[next(iter(kept))]
    kept[key] = value


def _power_of_two(number: int) -> int:
    return 1 << max(1, number).bit_length() - 1

"""The interface of every source of rows, and reading in order from one that cannot seek."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Generic, Protocol, TypeVar

from vwd.corpora.sample import Row

T = TypeVar("T")


class Rows(Protocol):
    """Rows of a corpus by number. Picklable: every worker process opens its own handles.

    Attributes:
        identity: of these rows, for `pack.json`: never a path, so that a moved file has the same identity.
        columns: the columns of the first row.
        count: how many rows there are; None when a stream does not say.
        seekable: whether rows can be read in any order.
    """

    @property
    def seekable(self) -> bool: ...

    @property
    def identity(self) -> dict[str, str]: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def count(self) -> int | None: ...

    def read(self, start: int, stop: int) -> Iterator[Row]:
        """Rows `start` to `stop` (exclusive), in order; fewer where the rows end before."""
        ...


def take(rows: Rows, indices: Sequence[int]) -> Iterator[Row]:
    """Rows by their numbers, in the order given; reads them in rising order. Stops at the first missing one.

    All of them are held in memory at once.
    """
    rising = sorted(indices)
    found = dict(zip(rising, _rising(rows, rising), strict=False))
    for index in indices:
        if index not in found:
            return
        yield found[index]


def _rising(rows: Rows, indices: Sequence[int]) -> Iterator[Row]:
    """Rows by rising numbers, consecutive ones in one go. Rows in between are not read: one may be broken."""
    start = 0
    while start < len(indices):
        stop = start + 1
        while stop < len(indices) and indices[stop] == indices[stop - 1] + 1:
            stop += 1
        yield from rows.read(indices[start], indices[stop - 1] + 1)
        start = stop


class ForwardReader(Generic[T]):
    """Keeps a running iterator between calls, since a worker's shards are in rising order.

    So a source that cannot seek is read once by each worker, instead of once a shard.
    """

    def __init__(self) -> None:
        self._position = 0
        self._rows: Iterator[T] | None = None

    def read(self, rows: Iterator[T] | None, start: int, stop: int) -> Iterator[T]:
        """Rows `start` to `stop`; `rows` is a fresh iterator from row 0, or None to continue with the last one."""
        if rows is not None:
            self._rows, self._position = rows, 0
        running, self._rows = self._rows, None  # not kept when a broken row or an early end stops it
        assert running is not None
        for _ in islice(running, start - self._position):
            self._position += 1
        for row in islice(running, stop - start):
            self._position += 1
            yield row
        self._rows = running

    def can_reach(self, start: int) -> bool:
        return self._rows is not None and self._position <= start

    def __getstate__(self) -> dict[str, object]:
        return {"_position": 0, "_rows": None}

"""The interface of every source of rows, and reading in order from one that cannot seek."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from vwd.corpora.sample import Row
from vwd.errors import RowsError
from vwd.limits import MAX_ROW_BYTES

T = TypeVar("T")


class Rows(Protocol):
    """Rows of a corpus by number. Picklable: every worker process opens its own handles.

    Attributes:
        identity: of these rows, for `pack.json`: never a path, so that a moved file has the same identity.
        columns: those of the first row; in a file of JSON, of any of its first thousand.
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

    def read(
        self, start: int, stop: int, columns: Collection[str] | None = None, max_bytes: int = MAX_ROW_BYTES
    ) -> Iterator[Row]:
        """Rows `start` to `stop` (exclusive), in order; fewer where the rows end before.

        Args:
            columns: those that rows need to have; None for all. What others hold is not decoded where it need not be.
            max_bytes: a larger row is never held in memory; a `RefusedRow` stands for it.

        Raises:
            RowsError: a row is broken; names the file and the row.
        """
        ...


def check_names(path: Path, columns: Sequence[str]) -> None:
    """Raises a RowsError where two columns have one name: nobody could tell which is meant."""
    if twice := next((name for at, name in enumerate(columns) if name and name in columns[:at]), ""):
        raise RowsError(f"{path}: two columns are called '{twice}'", "Rename one of them.")


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turns an `OSError` in the block, where rows are read, into a `RowsError` that names the file."""
    try:
        yield
    except OSError as error:
        raise RowsError(f"{path}: {error.strerror or error}", "Check the path given as `rows`.") from error


def take(
    rows: Rows, indices: Sequence[int], columns: Collection[str] | None = None, max_bytes: int = MAX_ROW_BYTES
) -> Iterator[Row]:
    """Rows by their numbers, in the order given; reads them in rising order. Stops at the first missing one.

    All of them are held in memory at once.
    """
    rising = sorted(indices)
    found = dict(zip(rising, _rising(rows, rising, columns, max_bytes), strict=False))
    for index in indices:
        if index not in found:
            return
        yield found[index]


def _rising(rows: Rows, indices: Sequence[int], columns: Collection[str] | None, max_bytes: int) -> Iterator[Row]:
    """Rows by rising numbers, consecutive ones in one go. Rows in between are not read: one may be broken."""
    start = 0
    while start < len(indices):
        stop = start + 1
        while stop < len(indices) and indices[stop] == indices[stop - 1] + 1:
            stop += 1
        yield from rows.read(indices[start], indices[stop - 1] + 1, columns, max_bytes)
        start = stop


class ForwardReader(Generic[T]):
    """Keeps a running iterator between calls, since a worker's shards are in rising order.

    So a source that cannot seek is read once by each worker, instead of once a shard.
    """

    def __init__(self) -> None:
        self._position, self._key = 0, object()
        self._running: Iterator[T] | None = None

    def read(self, fresh: Callable[[], Iterator[T]], start: int, stop: int, key: object = None) -> Iterator[T]:
        """Items `start` to `stop`.

        Args:
            fresh: an iterator from item 0 on; the last one is continued where it has not passed `start`.
            key: what else the items depend on: an iterator of another key is not continued.
        """
        if self._running is None or self._position > start or self._key != key:
            self._running, self._position, self._key = fresh(), 0, key
        running, self._running = self._running, None  # not kept when a broken row or an early end stops it
        for _ in islice(running, start - self._position):
            self._position += 1
        for item in islice(running, stop - start):
            self._position += 1
            yield item
        self._running = running

    def release(self) -> None:
        """Ends the iterator that is kept, and closes its file."""
        self._running = None

    def __getstate__(self) -> dict[str, object]:
        return {"_position": 0, "_key": None, "_running": None}

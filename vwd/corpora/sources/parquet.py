"""Rows of a parquet file: the wanted columns alone, a batch at a time, however large a row group is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from vwd.corpora.sample import Row
from vwd.corpora.sources.arrow_rows import arrow_rows
from vwd.corpora.sources.parquet_pages import page_sizes
from vwd.corpora.sources.rows import file_errors
from vwd.errors import RowsError
from vwd.limits import LARGEST_PARQUET_PAGE, MAX_ROW_BYTES, PARQUET_BATCH_BYTES, PARQUET_BATCH_ROWS
from vwd.storage.hashing import sha256_file

_HINT = "Write the file again, and check that pandas or pyarrow reads all of it."


class _Batch(NamedTuple):
    """Rows that were decoded together: the number of the first, and the one after the last."""

    start: int
    stop: int
    table: Any


class _Walk:
    """Goes through row groups in batches, and keeps the last one: most reads go on where the last one ended."""

    def __init__(self) -> None:
        self._file: Any = None
        self._starts: list[int] = []
        self._key: tuple[tuple[str, ...], int] | None = None
        self._running: Iterator[_Batch] = iter(())
        self._batch = _Batch(0, 0, None)

    def batch_with(self, path: Path, columns: tuple[str, ...], row: int) -> _Batch:
        """The batch that holds a row of the file."""
        if self._file is None:
            with file_errors(path):
                self._file = _open(path)
            groups = range(self._file.num_row_groups)
            self._starts = list(accumulate((self._file.metadata.row_group(g).num_rows for g in groups), initial=0))
        group = bisect_right(self._starts, row) - 1
        if self._key != (columns, group) or row < self._batch.start:
            first, last = self._starts[group : group + 2]
            self._running = _batches(self._file, path, columns, group, first, last)
            self._batch, self._key = _Batch(first, first, None), (columns, group)
        while row >= self._batch.stop:
            self._key = None  # not kept when a broken batch stops it
            self._batch = next(self._running)
            self._key = columns, group
        return self._batch

    def __getstate__(self) -> dict[str, object]:
        return _Walk().__dict__ | {"_running": iter(())}


@dataclass(frozen=True)
class ParquetRows:
    """A parquet file. A row is reached by decoding its row group up to it, once for rows that rise."""

    path: Path
    sha256: str
    count: int
    columns: tuple[str, ...]
    _walk: _Walk = field(default_factory=_Walk, compare=False, repr=False)

    seekable: ClassVar[bool] = True

    @property
    def identity(self) -> dict[str, str]:
        return {"kind": "file", "sha256": self.sha256}

    def read(
        self, start: int, stop: int, columns: Collection[str] | None = None, max_bytes: int = MAX_ROW_BYTES
    ) -> Iterator[Row]:
        """Rows `start` to `stop`.

        Raises:
            RowsError: a wanted column is damaged; names the row, or the rows that are decoded together.
        """
        wanted = tuple(name for name in self.columns if columns is None or name in columns)
        stop = min(stop, self.count)
        while start < stop:
            batch = self._walk.batch_with(self.path, wanted, start)
            table = batch.table.slice(start - batch.start, stop - start)
            name_row = _Namer(self.path, start)
            start = batch.stop
            yield from arrow_rows(table, wanted, max_bytes, name_row)


@dataclass(frozen=True)
class _Namer:
    path: Path
    first: int

    def __call__(self, place: int) -> str:
        return f"{self.path}, row {self.first + place} (the first is 0)"


def open_parquet(path: Path) -> ParquetRows:
    """Reads the file's footer and hash.

    Raises:
        RowsError: it is not a parquet file, or has no rows.
    """
    with _open(path) as file:
        metadata = file.metadata
        count, columns = metadata.num_rows, tuple(file.schema_arrow.names)
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        if any(group.num_rows < 0 for group in groups) or sum(group.num_rows for group in groups) != count:
            raise RowsError(f"{path}: a damaged parquet file: its row groups do not add up to {count} rows", _HINT)
    if not count:
        raise RowsError(f"{path} has no rows", "Give a file with at least one row.")
    return ParquetRows(path, sha256_file(path), count, columns)


def _open(path: Path) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path, memory_map=True)
        file.schema_arrow  # noqa: B018 - reads the names and types
        return file
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the file system's, not pyarrow's
        raise RowsError(
            f"{path}: not a parquet file: {_first_line(error)}", "Give a .parquet, .jsonl, .jsonl.gz or .csv file."
        ) from error


def _batches(file: Any, path: Path, columns: tuple[str, ...], group: int, first: int, last: int) -> Iterator[_Batch]:
    """The batches of a row group, the rows `first` to `last` of the file."""
    import pyarrow

    size = _batch_rows(file, path, columns, group, first, last)
    reading = file.iter_batches(batch_size=size, row_groups=[group], columns=list(columns), use_threads=False)
    while first < last:
        try:
            table = next(reading, None)
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            rows = f"rows {first} to {min(first + size, last) - 1} (the first is 0)"
            raise RowsError(f"{path}, {rows}: damaged: {_first_line(error)}", _HINT) from error
        if table is None or not table.num_rows:
            raise RowsError(f"{path}, row {first} (the first is 0): the row group ends before it", _HINT)
        yield _Batch(first, first + table.num_rows, table)
        first += table.num_rows


def _batch_rows(file: Any, path: Path, columns: tuple[str, ...], group: int, first: int, last: int) -> int:
    """How many rows are decoded at a time, so that they fit in memory even if each is as large as the largest page.

    Pages hold several rows, but a page of repeated values holds each only once.
    """
    metadata, largest = file.metadata.row_group(group), 1
    with file_errors(path), path.open("rb") as pages:
        for number in range(metadata.num_columns):
            chunk = metadata.column(number)
            name = chunk.path_in_schema
            if not any(name == column or name.startswith(f"{column}.") for column in columns):
                continue
            start = min(filter(None, (chunk.dictionary_page_offset, chunk.data_page_offset)), default=0)
            try:
                most = max(page_sizes(pages, start, start + chunk.total_compressed_size), default=0)
            except (ValueError, OSError):
                most = min(chunk.total_uncompressed_size, LARGEST_PARQUET_PAGE)  # pyarrow says what is wrong with it
            if most > LARGEST_PARQUET_PAGE:
                raise RowsError(
                    f"{path}, rows {first} to {last - 1} (the first is 0): column '{name}' has a page of {most:,} "
                    f"bytes, more than {LARGEST_PARQUET_PAGE:,}",
                    "Write the file again with smaller pages (data_page_size of pyarrow), or without what is so long.",
                )
            largest = max(largest, most)
    return min(max(PARQUET_BATCH_BYTES // largest, 1), PARQUET_BATCH_ROWS)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

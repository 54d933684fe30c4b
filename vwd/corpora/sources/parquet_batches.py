"""Decoding a parquet file in batches that fit in memory: the wanted columns alone, however large a row group is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from vwd.corpora.sources.parquet_pages import Place, chunk_places, largest_page
from vwd.corpora.sources.rows import file_errors
from vwd.errors import RowsError
from vwd.limits import LARGEST_PARQUET_PAGE, PARQUET_BATCH_BYTES, PARQUET_BATCH_ROWS

HINT = "Write the file again, and check that pandas or pyarrow reads all of it."


class Batch(NamedTuple):
    """Rows that were decoded together: the number of the first, and the one after the last."""

    start: int
    stop: int
    table: Any


class Walk:
    """Goes through row groups in batches, and keeps the last one: most reads go on where the last one ended."""

    def __init__(self) -> None:
        self._file: Any = None
        self._starts: list[int] = []
        self._places: list[list[Place]] = []
        self._key: tuple[tuple[str, ...], int] | None = None
        self._running: Iterator[Batch] = iter(())
        self._batch = Batch(0, 0, None)

    def batch_with(self, path: Path, columns: tuple[str, ...], row: int) -> Batch:
        """The batch that holds a row of the file.

        Raises:
            RowsError: what is decoded on the way there is damaged; names the rows.
        """
        if self._file is None:
            with file_errors(path):
                self._file = open_parquet_file(path)
                self._places = _places(path)
            groups = range(self._file.num_row_groups)
            self._starts = list(accumulate((self._file.metadata.row_group(g).num_rows for g in groups), initial=0))
        group = bisect_right(self._starts, row) - 1
        if self._key != (columns, group) or row < self._batch.start:
            first, last = self._starts[group : group + 2]
            self._running = _batches(self._file, path, columns, group, first, last, self._places)
            self._batch, self._key = Batch(first, first, None), (columns, group)
        while row >= self._batch.stop:
            self._key = None  # not kept when a broken batch stops it
            self._batch = next(self._running)
            self._key = columns, group
        return self._batch

    def release(self) -> None:
        """Closes the file, and forgets the batch."""
        self.__dict__.update(self.__getstate__())

    def __getstate__(self) -> dict[str, object]:
        return Walk().__dict__ | {"_running": iter(())}


def open_parquet_file(path: Path) -> Any:
    """The file as pyarrow has it, memory-mapped.

    Raises:
        RowsError: it is not a parquet file.
        OSError: the file system's.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path, memory_map=True)
        file.schema_arrow, _paths(file)
        return file
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the file system's, not pyarrow's
        raise RowsError(
            f"{path}: not a parquet file: {_first_line(error)}", "Copy the file again, or give another as `rows`."
        ) from error


def _places(path: Path) -> list[list[Place]]:
    """Where the columns of each row group are; nothing where the footer is damaged: pyarrow will say what is wrong."""
    with path.open("rb") as file, suppress(ValueError):
        return chunk_places(file)
    return []


def _batches(
    file: Any, path: Path, columns: tuple[str, ...], group: int, first: int, last: int, places: list[list[Place]]
) -> Iterator[Batch]:
    """The batches of a row group, the rows `first` to `last` of the file."""
    import pyarrow

    size = _batch_rows(file, path, columns, first, last, places[group] if group < len(places) else [])
    reading = file.iter_batches(batch_size=size, row_groups=[group], columns=list(columns), use_threads=False)
    while first < last:
        try:
            table = next(reading, None)
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            where = name_rows(path, first, min(first + size, last))
            raise RowsError(f"{where}: damaged: {_first_line(error)}", HINT) from error
        if table is None or not table.num_rows:
            raise RowsError(f"{name_rows(path, first, first + 1)}: the row group ends before it", HINT)
        yield Batch(first, first + table.num_rows, table)
        first += table.num_rows


def _batch_rows(file: Any, path: Path, columns: tuple[str, ...], first: int, last: int, places: list[Place]) -> int:
    """How many rows are decoded at a time, so that they fit in memory even if each is as large as the largest page.

    Pages hold several rows, but a page of repeated values holds each only once.
    """
    largest = 1
    for name, most in _largest_pages(file, path, columns, places):
        if most > LARGEST_PARQUET_PAGE:
            raise RowsError(
                f"{name_rows(path, first, last)}: column '{name}' has a page of {most:,} bytes, more than "
                f"{LARGEST_PARQUET_PAGE:,}",
                "Write the file again with smaller pages (data_page_size of pyarrow), or without what is so long.",
            )
        largest = max(largest, most)
    return min(max(PARQUET_BATCH_BYTES // largest, 1), PARQUET_BATCH_ROWS)


def _largest_pages(file: Any, path: Path, columns: tuple[str, ...], places: list[Place]) -> Iterator[tuple[str, int]]:
    """The name of each wanted column of a row group, and the bytes of its largest page."""
    with file_errors(path), path.open("rb") as pages:
        for number, name in enumerate(_paths(file)):
            if not any(name == column or name.startswith(f"{column}.") for column in columns):
                continue
            try:
                yield name, largest_page(pages, places[number])
            except (ValueError, IndexError):
                yield name, PARQUET_BATCH_BYTES


def _paths(file: Any) -> list[str]:
    """The columns of values: `messages.list.element.content` is one of the column `messages`."""
    return [str(file.schema.column(number).path) for number in range(len(file.schema))]


def name_rows(path: Path, first: int, stop: int) -> str:
    """Rows for a message: `stop` is the one after the last."""
    rows = f"row {first}" if stop == first + 1 else f"rows {first} to {stop - 1}"
    return f"{path}, {rows} (the first is 0)"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

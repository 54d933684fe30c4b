"""Decoding a parquet file in batches that fit in memory: the wanted columns alone, however large a row group is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from vwd.corpora.sources.parquet_pages import Place, chunk_places, largest_page, pages
from vwd.corpora.sources.rows import file_errors
from vwd.errors import RowsError
from vwd.limits import LARGEST_IMAGE_PAGE, LARGEST_PARQUET_PAGE, PARQUET_BATCH_BYTES, PARQUET_BATCH_ROWS

# How many rows are decoded at a time: from the file, its path, columns, the first and last row of a row group, and
# where its columns are.
BatchSize = Callable[[Any, Path, tuple[str, ...], int, int, list[Place]], int]

HINT = "Write the file again, and check that pandas or pyarrow reads all of it."


# A place that no page header is at: what is read there is judged as if it were the largest.
_UNKNOWN: Place = (-1, 0)


class Batch(NamedTuple):
    """Rows that were decoded together: the number of the first, and the one after the last."""

    start: int
    stop: int
    table: Any


class Walk:
    """Goes through row groups in batches, and keeps the last one: most reads continue where the last one ended.

    Args:
        batch_size: `rows_as_large_as_pages` where None.
    """

    def __init__(self, batch_size: BatchSize | None = None) -> None:
        self._batch_size = batch_size
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
            places = self._places[group] if group < len(self._places) else []
            size = (self._batch_size or rows_as_large_as_pages)(self._file, path, columns, first, last, places)
            self._running = _batches(self._file, path, columns, group, first, last, size)
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
        return Walk(self._batch_size).__dict__ | {"_running": iter(())}


def open_parquet_file(path: Path) -> Any:
    """The file as pyarrow has it, memory-mapped.

    Raises:
        RowsError: it is not a parquet file.
        OSError: the file system's.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path, memory_map=True, pre_buffer=False)
        file.schema_arrow, _paths(file)
        return file
    except UnicodeEncodeError as error:
        raise RowsError(f"{path}: the name is not UTF-8, as pyarrow needs it", "Rename the file or folder.") from error
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
    file: Any, path: Path, columns: tuple[str, ...], group: int, first: int, last: int, size: int
) -> Iterator[Batch]:
    """The batches of a row group, the rows `first` to `last` of the file."""
    import pyarrow

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


def rows_as_large_as_pages(
    file: Any, path: Path, columns: tuple[str, ...], first: int, last: int, places: list[Place]
) -> int:
    """How many rows are decoded at a time, so that they fit in memory even if each is as large as the largest page.

    Pages hold several rows, but a page of repeated values holds each only once.

    Raises:
        RowsError: a page is too large.
    """
    largest = 1
    for name, place in _wanted(file, columns, places):
        with file_errors(path), path.open("rb") as content:
            try:
                most = largest_page(content, place)
            except ValueError:
                most = PARQUET_BATCH_BYTES
        _check_page(most, LARGEST_PARQUET_PAGE, name, name_rows(path, first, last))
        largest = max(largest, most)
    return min(max(PARQUET_BATCH_BYTES // largest, 1), PARQUET_BATCH_ROWS)


def rows_as_large_as_most(
    file: Any, path: Path, columns: tuple[str, ...], first: int, last: int, places: list[Place]
) -> int:
    """The same for rows of images, of which a page may hold a thousand: by the mean row, or the mean word of a
    dictionary, since words are repeated.

    Raises: as `rows_as_large_as_pages`.
    """
    total, word = 0, 1
    for name, place in _wanted(file, columns, places):
        with file_errors(path), path.open("rb") as content:
            try:
                found = list(pages(content, place))
            except ValueError:
                return 1
        largest = max((page.uncompressed for page in found), default=0)
        _check_page(largest, LARGEST_IMAGE_PAGE, name, name_rows(path, first, last))
        total += sum(page.uncompressed for page in found)
        word = max([word, *(page.uncompressed // page.words for page in found if page.words)])
    mean = max(total // max(last - first, 1), word)
    return min(max(PARQUET_BATCH_BYTES // max(mean, 1), 1), PARQUET_BATCH_ROWS)


def _check_page(size: int, most: int, column: str, rows: str) -> None:
    if size > most:
        raise RowsError(
            f"{rows}: column '{column}' has a page of {size:,} bytes, more than {most:,}",
            "Write the file again with smaller pages (data_page_size of pyarrow), or without what is so long.",
        )


def _wanted(file: Any, columns: tuple[str, ...], places: list[Place]) -> Iterator[tuple[str, Place]]:
    """The name of each wanted column of a row group, and where it is; a place without pages where that is unknown."""
    for number, name in enumerate(_paths(file)):
        if any(name == column or name.startswith(f"{column}.") for column in columns):
            yield name, places[number] if number < len(places) else _UNKNOWN


def _paths(file: Any) -> list[str]:
    """The columns of values: `messages.list.element.content` is one of the column `messages`."""
    return [str(file.schema.column(number).path) for number in range(len(file.schema))]


def name_rows(path: Path, first: int, stop: int) -> str:
    """Rows for a message: `stop` is the one after the last."""
    rows = f"row {first}" if stop == first + 1 else f"rows {first} to {stop - 1}"
    return f"{path}, {rows} (the first is 0)"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

"""Rows of .parquet and .csv files."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from vwd.corpora.sample import Row
from vwd.corpora.sources.rows import ForwardReader
from vwd.errors import RowsError
from vwd.storage.hashing import sha256_file

# The csv module's default (131,072) is shorter than some stories.
_LONGEST_FIELD = 16 * 1024 * 1024

_NOT_UTF8 = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class ParquetRows:
    """A parquet file; a row group is the unit of seeking."""

    path: Path
    sha256: str
    count: int
    columns: tuple[str, ...]

    seekable: ClassVar[bool] = True

    @property
    def identity(self) -> dict[str, str]:
        return {"kind": "file", "sha256": self.sha256}

    def read(self, start: int, stop: int) -> Iterator[Row]:
        """Rows `start` to `stop`: only the row groups that hold them are read."""
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(self.path, memory_map=True) as file:
            first = 0
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if first < stop and first + rows > start:
                    table = _row_group(self.path, self.sha256, group)
                    low, high = max(start - first, 0), min(stop - first, rows)
                    for batch in table.slice(low, high - low).to_batches(max_chunksize=256):
                        yield from batch.to_pylist()
                first += rows


@lru_cache(maxsize=1)
def _row_group(path: Path, sha256: str, number: int) -> Any:
    """A row group's table; the last one is kept, since shuffled rows are read in many small pieces."""
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path, memory_map=True) as file:
        return file.read_row_group(number)


def open_parquet(path: Path) -> ParquetRows:
    """Reads the file's footer and hash.

    Raises:
        RowsError: it is not a parquet file, or has no rows.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            count, columns = file.metadata.num_rows, tuple(file.schema_arrow.names)
    except pyarrow.ArrowException as error:
        raise RowsError(
            f"{path}: not a parquet file: {error}".splitlines()[0], "Give a .parquet, .jsonl, .jsonl.gz or .csv file."
        ) from error
    if not count:
        raise RowsError(f"{path} has no rows", "Give a file with at least one row.")
    return ParquetRows(path, sha256_file(path), count, columns)


@dataclass(frozen=True)
class CsvRows:
    """A UTF-8 CSV file with a header line."""

    path: Path
    sha256: str
    count: int
    columns: tuple[str, ...]
    _forward: ForwardReader[Row] = field(default_factory=ForwardReader, compare=False, repr=False)

    seekable: ClassVar[bool] = True

    @property
    def identity(self) -> dict[str, str]:
        return {"kind": "file", "sha256": self.sha256}

    def read(self, start: int, stop: int) -> Iterator[Row]:
        fresh = None if self._forward.can_reach(start) else _csv_rows(self.path)
        yield from self._forward.read(fresh, start, stop)


def open_csv(path: Path) -> CsvRows:
    """Reads the file once for its columns, row count and hash.

    Raises:
        RowsError: no header or no rows, text that is not UTF-8, or a row with more fields than the header.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        try:
            columns = tuple(next(csv.reader(text), []))
            if any(map(_NOT_UTF8.search, columns)):
                raise csv.Error("not UTF-8")
        except csv.Error as error:  # Python 3.10 refuses a NUL, which UTF-16 is full of
            raise RowsError(f"{path}, line 1: {error}", "Save the file as UTF-8 with a header line.") from error
    count = sum(1 for _ in _csv_rows(path))
    if not count:
        raise RowsError(f"{path} has no rows", "Give a file with a header line and at least one row.")
    return CsvRows(path, sha256_file(path), count, columns)


def _csv_rows(path: Path) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_FIELD)
    # Bytes that are not UTF-8 become lone surrogates, so that their line can be named.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        reader = csv.DictReader(text, strict=True)
        try:
            for row in reader:
                if None in row:
                    raise csv.Error("more fields than the header names")
                if any(value and _NOT_UTF8.search(value) for value in row.values()):
                    raise csv.Error("not UTF-8")
                yield row
        except csv.Error as error:
            raise RowsError(
                f"{path}, line {reader.reader.line_num}: {error}",
                "Fix that line, or quote its fields; the text must be UTF-8.",
            ) from error

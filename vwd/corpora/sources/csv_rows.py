"""Rows of a .csv file: UTF-8 with a header line."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from vwd.corpora.sample import RefusedRow, Row
from vwd.corpora.sources.csv_records import CsvRecords
from vwd.corpora.sources.rows import ForwardReader, file_errors
from vwd.errors import RowsError
from vwd.limits import MAX_ROW_BYTES
from vwd.storage.hashing import sha256_file

_NOT_UTF8 = re.compile("[\udc80-\udcff]")


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

    def read(
        self, start: int, stop: int, columns: Collection[str] | None = None, max_bytes: int = MAX_ROW_BYTES
    ) -> Iterator[Row]:
        """Rows `start` to `stop`.

        Raises:
            RowsError: a line on the way there is broken; names it.
        """
        for row in self._forward.read(lambda: _rows(self.path, max_bytes), start, stop, max_bytes):
            yield row if columns is None or not row else {name: row[name] for name in columns if name in row}


def open_csv(path: Path, max_bytes: int = MAX_ROW_BYTES) -> CsvRows:
    """Reads the file once for its columns, row count and hash.

    Raises:
        RowsError: no header or no rows, text that is not UTF-8, or a row with more fields than the header.
    """
    columns = next(_records(path, max_bytes), ())
    if isinstance(columns, RefusedRow):
        raise RowsError(f"{path}, line 1: as the header, {columns.detail}", "Give a file with a header line.")
    count = sum(1 for _ in _rows(path, max_bytes))
    if not count:
        raise RowsError(f"{path} has no rows", "Give a file with a header line and at least one row.")
    return CsvRows(path, sha256_file(path), count, tuple(columns))


def _rows(path: Path, max_bytes: int) -> Iterator[Row]:
    """Every row from the first on, by the names in the header; None for a field that a short row lacks."""
    records = _records(path, max_bytes)
    columns = next(records, ())
    for fields in records:
        missing = len(columns) - len(fields)
        yield (
            fields if isinstance(fields, RefusedRow) else dict(zip(columns, [*fields, *[None] * missing], strict=True))
        )


def _records(path: Path, max_bytes: int) -> Iterator[list[str] | RefusedRow]:
    """Every record, the header first."""
    with file_errors(path):
        # Bytes that are not UTF-8 become lone surrogates, so that their line can be named.
        text = path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    width = None
    with text:
        records = CsvRecords(text, max_bytes)
        try:
            for fields in records:
                if not isinstance(fields, RefusedRow):
                    width = len(fields) if width is None else width
                    if len(fields) > width:
                        raise csv.Error("more fields than the header names")
                    if any(not value.isascii() and _NOT_UTF8.search(value) for value in fields):
                        raise csv.Error("not UTF-8")
                yield fields
        except csv.Error as error:
            hint = "Fix that line, or quote its fields; the text must be UTF-8."
            raise RowsError(
                f"{path}, line {max(records.line, 1)}: {error}",
                hint if width is not None else "Save the file as UTF-8 with a header line.",
            ) from error
        except OSError as error:
            raise RowsError(
                f"{path}, line {records.line + 1}: {error.strerror or error}",
                "Check the disk, and copy the file again.",
            ) from error

"""Rows of a .csv or .tsv file with a header line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from vwd.corpora.sample import RefusedRow, Row
from vwd.corpora.sources.csv_records import CsvRecords
from vwd.corpora.sources.rows import ForwardReader, check_names
from vwd.corpora.sources.text_file import DAMAGE, TextFile, TextForm
from vwd.errors import RowsError
from vwd.limits import LONGEST_CSV_HEADER, MAX_ROW_BYTES

_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_QUOTED = re.compile('"(?:[^"]|"")*"')
_GUESSED = ";\t|"
_HINT = "Fix that line, or quote its fields; `delimiter` and `encoding` name others than ',' and UTF-8."


@dataclass(frozen=True)
class CsvRows:
    """A CSV file with a header line."""

    file: TextFile
    sha256: str
    count: int
    columns: tuple[str, ...]
    delimiter: str = ","
    _forward: ForwardReader[Row] = field(default_factory=ForwardReader, compare=False, repr=False)

    seekable: ClassVar[bool] = True

    @property
    def identity(self) -> dict[str, str]:
        others = {} if self.delimiter == "," else {"delimiter": self.delimiter}
        return {"kind": "file", "sha256": self.sha256, **others}

    @property
    def name(self) -> str:
        return str(self.file.path)

    def read(
        self, start: int, stop: int, columns: Collection[str] | None = None, max_bytes: int = MAX_ROW_BYTES
    ) -> Iterator[Row]:
        """Rows `start` to `stop`.

        Raises:
            RowsError: a line on the way there is broken; names it.
        """
        rows = self._forward.read(lambda: _rows(self.file, self.delimiter, max_bytes), start, stop, max_bytes)
        for row in rows:
            yield row if columns is None or not row else {name: row[name] for name in columns if name in row}

    def release(self) -> None:
        """Closes what is kept open for reading on."""
        self._forward.release()


def open_csv(path: Path, max_bytes: int = MAX_ROW_BYTES, form: TextForm | None = None, usual: str = ",") -> CsvRows:
    """Reads the file once for its columns and row count, and once for its hash.

    Args:
        form: the delimiter, where it is not to be guessed, and the encoding.
        usual: the delimiter of such a file where the header has none that could be guessed.

    Raises:
        RowsError: no header or no rows, a column twice, text that is not of its encoding, or a row with more fields
            than the header.
    """
    form = form or TextForm()
    file = TextFile(path, form.encoding)
    file.check_encoding()
    delimiter = form.delimiter or _guess(file, usual)
    columns = next(_records(file, delimiter, max_bytes), ())
    if isinstance(columns, RefusedRow):
        raise RowsError(f"{path}, line 1: as the header, {columns.detail}", "Give a file with a header line.")
    check_names(path, columns)
    count = sum(1 for _ in _rows(file, delimiter, max_bytes))
    if not count:
        raise RowsError(f"{path} has no rows", "Give a file with a header line and at least one row.")
    return CsvRows(file, file.sha256(), count, tuple(columns), delimiter)


def _guess(file: TextFile, usual: str) -> str:
    """The delimiter by the header alone: whatever the rows below it hold, a usual one there is the one."""
    with file.open() as opened:
        try:
            header = opened.readline(LONGEST_CSV_HEADER).decode("utf-8-sig", "replace")
        except DAMAGE as error:
            raise file.damaged(1, error) from error
    header = _QUOTED.sub("", header)
    if usual in header:
        return usual
    try:
        found: str = csv.Sniffer().sniff(header, _GUESSED if usual == "," else ",;|").delimiter
    except csv.Error:  # a single column
        return usual
    return found


def _rows(file: TextFile, delimiter: str, max_bytes: int) -> Iterator[Row]:
    """Every row from the first on, by the names in the header; None for a field that a short row does not have."""
    records = _records(file, delimiter, max_bytes)
    columns = next(records, ())
    for fields in records:
        missing = len(columns) - len(fields)
        yield (
            fields if isinstance(fields, RefusedRow) else dict(zip(columns, [*fields, *[None] * missing], strict=True))
        )


def _records(file: TextFile, delimiter: str, max_bytes: int) -> Iterator[list[str] | RefusedRow]:
    """Every record, the header first."""
    width = None
    # Bytes that are not UTF-8 become lone surrogates, so that their line can be named.
    with io.TextIOWrapper(file.open(), "utf-8-sig", "surrogateescape", newline="") as text:
        records = CsvRecords(text, max_bytes, delimiter)
        try:
            for fields in records:
                if not isinstance(fields, RefusedRow):
                    width = len(fields) if width is None else width
                    _check_fields(fields, width)
                yield fields
        except csv.Error as error:
            line = max(records.line, 1)
            raise RowsError(
                f"{file.path}, line {line}: {error}",
                _HINT if width is not None else "Save the file as UTF-8 with a header line, or give its `encoding`.",
            ) from error
        except DAMAGE as error:
            raise file.damaged(records.line + 1, error) from error


def _check_fields(fields: list[str], width: int) -> None:
    if len(fields) > width:
        raise csv.Error(f"{len(fields)} fields, more than the header's {width}")
    for value in fields:
        if not value.isascii() and (found := _NOT_UTF8.search(value)):
            raise csv.Error(f"not UTF-8: byte 0x{ord(found[0]) - 0xDC00:02X}, as in latin-1, cp1252 or gb18030")

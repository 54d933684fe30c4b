"""Rows of JSON: one object a line (blank lines ignored), or an array of objects."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import ClassVar

from vwd.corpora.sample import RefusedRow, Row
from vwd.corpora.sources.json_array import is_array, read_items
from vwd.corpora.sources.kinds import kind_of
from vwd.corpora.sources.lines import Line, Mark, read_lines
from vwd.corpora.sources.rows import ForwardReader
from vwd.corpora.sources.text_file import TextFile
from vwd.errors import RowsError
from vwd.limits import JUDGED_ROWS, MAX_ROW_BYTES

# Every so many rows the scan records its offset, so that a shard's rows are a seek away.
_MARK_EVERY = 256

# Numbers stay as the row writes them: 27.0, 1e3, and integers of any length.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)


@dataclass(frozen=True)
class JsonlRows:
    """A scanned file: its hash, its number of rows, and marks to seek to (not in a packed file).

    Attributes:
        is_array: whether it is one array, whose items are the rows.
    """

    file: TextFile
    sha256: str
    count: int
    columns: tuple[str, ...]
    marks: tuple[Mark, ...]
    is_array: bool = False
    _forward: ForwardReader[Line] = field(default_factory=ForwardReader, compare=False, repr=False)

    seekable: ClassVar[bool] = True

    @property
    def identity(self) -> dict[str, str]:
        return {"kind": "file", "sha256": self.sha256}

    @property
    def name(self) -> str:
        return str(self.file.path)

    def read(
        self, start: int, stop: int, columns: Collection[str] | None = None, max_bytes: int = MAX_ROW_BYTES
    ) -> Iterator[Row]:
        """Rows `start` to `stop`.

        Raises:
            RowsError: a line is not a JSON object, or the file is damaged there; names the line.
        """
        if self.file.seekable:
            mark = self.marks[bisect_right([m.row for m in self.marks], start) - 1]
            lines: Iterator[Line] = islice(self._lines(mark, max_bytes), start - mark.row, max(start, stop) - mark.row)
        else:
            lines = self._forward.read(lambda: self._lines(self.marks[0], max_bytes), start, stop, max_bytes)
        for line in lines:
            row = _parse(line, self.file.path, max_bytes)
            yield row if columns is None or not row else {name: row[name] for name in columns if name in row}

    def release(self) -> None:
        """Closes what is kept open for reading on."""
        self._forward.release()

    def _lines(self, mark: Mark, max_bytes: int) -> Iterator[Line]:
        read = read_items if self.is_array else read_lines
        return (line for line in read(self.file, mark, max_bytes) if line.holds_row)


def open_jsonl(path: Path, max_bytes: int = MAX_ROW_BYTES, encoding: str = "") -> JsonlRows:
    """Scans a file of one object a line once for its hash, row count and marks; only its first rows are parsed.

    Args:
        max_bytes: the largest row that is parsed for its columns; larger ones are passed over.
        encoding: of the file; "" for UTF-8.

    Raises:
        RowsError: the file has no rows or only larger ones, its first row is broken, or it is damaged.
    """
    return _open(TextFile(path, encoding), max_bytes, False)


def open_json(path: Path, max_bytes: int = MAX_ROW_BYTES, encoding: str = "") -> JsonlRows:
    """`open_jsonl` for a file that may hold an array of objects instead."""
    file = TextFile(path, encoding)
    return _open(file, max_bytes, is_array(file))


def _open(file: TextFile, max_bytes: int, array: bool) -> JsonlRows:
    file.check_encoding()
    max_bytes = max(max_bytes, MAX_ROW_BYTES)
    digest, marks = hashlib.sha256(), [Mark(0, 1, 0)]
    count, columns = 0, dict[str, None]()
    read: Callable[..., Iterator[Line]] = read_items if array else read_lines
    for line in read(file, marks[0], max_bytes, digest.update):
        if line.holds_row:
            if count % _MARK_EVERY == 0 and count:
                marks.append(Mark(count, line.number, line.offset))
            if count < JUDGED_ROWS or not columns:
                columns |= dict.fromkeys(_columns(line, file.path, max_bytes, bool(columns)))
            count += 1
    if not count:
        form = "an array of objects" if array else "one JSON object a line"
        raise RowsError(f"{file.path} has no rows", f"Give a file with {form}.")
    if not columns:
        raise RowsError(
            f"{file.path}: every row is larger than {max_bytes:,} bytes, or an object without any column",
            "Give a larger `max_row_bytes`, or rows that have columns.",
        )
    return JsonlRows(file, digest.hexdigest(), count, tuple(columns), tuple(marks), array)


def _columns(line: Line, path: Path, max_bytes: int, others_known: bool) -> Iterator[str]:
    """A row's columns. One that is broken fails its own shard, and everything only where there is none before it."""
    try:
        yield from _parse(line, path, max_bytes)
    except RowsError:
        if not others_known:
            raise


def _parse(line: Line, path: Path, max_bytes: int) -> Row:
    where = f"{path}, line {line.number}"
    if line.size > max_bytes:
        return RefusedRow.too_large(line.size, max_bytes)
    if line.blank:
        return RefusedRow(f"a blank line of {line.size:,} bytes")
    content = line.content.removeprefix(b"\xef\xbb\xbf")
    encoding = json.detect_encoding(content)
    try:
        row = _DECODER.decode(content.decode(encoding, "surrogatepass"))
    except RecursionError as error:
        raise RowsError(f"{where}: lists and objects nested too deeply", "Flatten or remove that line.") from error
    except ValueError as error:
        if isinstance(error, UnicodeDecodeError) and encoding == "utf-8":
            raise RowsError(
                f"{where}: not UTF-8: byte 0x{content[error.start]:02X} at byte {error.start + 1} of the line",
                "Give the `encoding` of the file, such as latin-1, cp1252 or gb18030, or save it as UTF-8.",
            ) from error
        form = "a .json file is an array of objects, or one object a line"
        form = form if kind_of(path) == "json" else "every line is one JSON object"
        raise RowsError(f"{where}: not JSON: {error}", f"Fix or remove that line; {form}.") from error
    if not isinstance(row, dict):
        kind = "number or text" if isinstance(row, str) else type(row).__name__
        raise RowsError(f"{where}: a JSON {kind}, not an object", 'Write each row as {"column": "text", …}.')
    return row

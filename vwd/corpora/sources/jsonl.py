"""Rows of a .jsonl or .jsonl.gz file: one object a line, blank lines ignored."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, ClassVar, NamedTuple, cast

from vwd.corpora.sample import RefusedRow, Row
from vwd.corpora.sources.rows import ForwardReader, file_errors
from vwd.errors import RowsError
from vwd.limits import MAX_ROW_BYTES, SKIPPED_CHUNK_BYTES

# Every so many rows the scan records its offset, so that a shard's rows are a seek away.
_MARK_EVERY = 256

# Numbers stay as the row writes them: 27.0, 1e3, and integers of any length.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)


@dataclass(frozen=True)
class _Mark:
    row: int
    line: int
    offset: int


class _Line(NamedTuple):
    """A line of the file, without its content where that is larger than it may be.

    Attributes:
        number: from 1.
        size: in bytes, without the line break.
    """

    number: int
    size: int
    blank: bool
    content: bytes

    @property
    def holds_row(self) -> bool:
        """A blank line of megabytes is damage, and counts: whatever the user allows, rows keep their numbers."""
        return not self.blank or self.size > MAX_ROW_BYTES


@dataclass(frozen=True)
class JsonlRows:
    """A scanned file: its hash, its number of rows, and marks to seek to (not in a gzip stream)."""

    path: Path
    sha256: str
    count: int
    columns: tuple[str, ...]
    marks: tuple[_Mark, ...]
    _forward: ForwardReader[_Line] = field(default_factory=ForwardReader, compare=False, repr=False)

    seekable: ClassVar[bool] = True

    @property
    def identity(self) -> dict[str, str]:
        return {"kind": "file", "sha256": self.sha256}

    def read(
        self, start: int, stop: int, columns: Collection[str] | None = None, max_bytes: int = MAX_ROW_BYTES
    ) -> Iterator[Row]:
        """Rows `start` to `stop`.

        Raises:
            RowsError: a line is not a JSON object, or the file is damaged there; names the line.
        """
        if self.path.suffix == ".gz":
            lines = self._forward.read(lambda: _rows(self.path, self.marks[0], max_bytes), start, stop, max_bytes)
        else:
            mark = self.marks[bisect_right([m.row for m in self.marks], start) - 1]
            lines = islice(_rows(self.path, mark, max_bytes), start - mark.row, max(start, stop) - mark.row)
        for line in lines:
            row = _parse(line, self.path, max_bytes)
            yield row if columns is None or not row else {name: row[name] for name in columns if name in row}


def open_jsonl(path: Path, max_bytes: int = MAX_ROW_BYTES) -> JsonlRows:
    """Scans a file once for its hash, row count and marks; only the first row is parsed.

    Args:
        max_bytes: the largest row that is parsed for its columns; larger ones are passed over.

    Raises:
        RowsError: the file has no rows or only larger ones, its first row is broken, or it is damaged.
    """
    max_bytes = max(max_bytes, MAX_ROW_BYTES)
    digest, marks = hashlib.sha256(), [_Mark(0, 1, 0)]
    count = offset = 0
    first: Row | None = None

    def scan(data: bytes) -> None:
        nonlocal offset
        digest.update(data)
        offset += len(data)

    start = 0
    for line in _lines(path, marks[0], max_bytes, scan):
        if line.holds_row:
            if count % _MARK_EVERY == 0 and count:
                marks.append(_Mark(count, line.number, start))
            count += 1
            if first is None and not isinstance(row := _parse(line, path, max_bytes), RefusedRow):
                first = row
        start = offset
    if not count:
        raise RowsError(f"{path} has no rows", "Give a file with one JSON object a line.")
    if first is None:
        raise RowsError(f"{path}: every row is larger than {max_bytes:,} bytes", "Give a larger `max_row_bytes`.")
    return JsonlRows(path, digest.hexdigest(), count, tuple(first), tuple(marks))


def _open(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))


def _rows(path: Path, mark: _Mark, max_bytes: int) -> Iterator[_Line]:
    """The lines that hold a row, starting at a mark."""
    return (line for line in _lines(path, mark, max_bytes) if line.holds_row)


def _lines(
    path: Path, mark: _Mark, max_bytes: int, on_bytes: Callable[[bytes], None] = lambda data: None
) -> Iterator[_Line]:
    """Every line from a mark on.

    Args:
        on_bytes: called with all that is read, a line or a part of it at a time.
    """
    number = mark.line
    with file_errors(path):
        file = _open(path)
    # Lines end at b"\n" alone: text may hold U+2028 and other breaks that str.splitlines would cut at.
    with file:
        while True:
            try:
                if number == mark.line:
                    file.seek(mark.offset)
                line = _read_line(file, number, max_bytes, on_bytes)
            except (EOFError, OSError, zlib.error) as error:
                raise _damaged(path, number, error) from error
            if line is None:
                return
            yield line
            number += 1


def _read_line(file: IO[bytes], number: int, max_bytes: int, on_bytes: Callable[[bytes], None]) -> _Line | None:
    content = file.readline(max_bytes + 1)
    if not content:
        return None
    on_bytes(content)
    blank = content.isspace()
    if content.endswith(b"\n") or len(content) <= max_bytes:
        return _Line(number, len(content.removesuffix(b"\n")), blank, content)
    size = len(content)
    while not content.endswith(b"\n") and (chunk := file.readline(SKIPPED_CHUNK_BYTES)):
        content = chunk
        on_bytes(chunk)
        size += len(chunk)
        blank = blank and chunk.isspace()
    return _Line(number, size - content.endswith(b"\n"), blank, b"")


def _parse(line: _Line, path: Path, max_bytes: int) -> Row:
    if line.size > max_bytes:
        return RefusedRow.too_large(line.size, max_bytes)
    if line.blank:
        return RefusedRow(f"a blank line of {line.size:,} bytes")
    content = line.content.removeprefix(b"\xef\xbb\xbf")
    try:
        row = _DECODER.decode(content.decode(json.detect_encoding(content), "surrogatepass"))
    except RecursionError as error:
        raise RowsError(
            f"{path}, line {line.number}: lists and objects nested too deeply", "Flatten or remove that line."
        ) from error
    except ValueError as error:
        raise RowsError(
            f"{path}, line {line.number}: not JSON: {error}", "Fix or remove that line; every line is one JSON object."
        ) from error
    if not isinstance(row, dict):
        kind = "number or text" if isinstance(row, str) else type(row).__name__
        raise RowsError(
            f"{path}, line {line.number}: a JSON {kind}, not an object",
            'Write each row as {"column": "text", …} on a line of its own.',
        )
    return row


def _damaged(path: Path, number: int, error: Exception) -> RowsError:
    if isinstance(error, OSError) and error.errno:
        return RowsError(f"{path}, line {number}: {error.strerror}", "Check the disk, and copy the file again.")
    return RowsError(
        f"{path}, line {number}: the gzip file is damaged or cut off at this line or after it: {error}",
        "Copy or compress the file again, and check it with gzip -t.",
    )

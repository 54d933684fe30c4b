"""The lines of a file, plain or gzip: one that is larger than a row may be is measured, and never held."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple, cast

from vwd.corpora.sources.rows import file_errors
from vwd.errors import RowsError
from vwd.limits import MAX_ROW_BYTES, SKIPPED_CHUNK_BYTES


@dataclass(frozen=True)
class Mark:
    """Where a row starts: its number and its offset in bytes from 0, its line from 1."""

    row: int
    line: int
    offset: int


class Line(NamedTuple):
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


def row_lines(path: Path, mark: Mark, max_bytes: int) -> Iterator[Line]:
    """The lines that hold a row, starting at a mark."""
    return (line for line in read_lines(path, mark, max_bytes) if line.holds_row)


def read_lines(
    path: Path, mark: Mark, max_bytes: int, on_bytes: Callable[[bytes], None] = lambda data: None
) -> Iterator[Line]:
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


def _open(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))


def _read_line(file: IO[bytes], number: int, max_bytes: int, on_bytes: Callable[[bytes], None]) -> Line | None:
    content = file.readline(max_bytes + 1)
    if not content:
        return None
    on_bytes(content)
    blank = content.isspace()
    if content.endswith(b"\n") or len(content) <= max_bytes:
        return Line(number, len(content.removesuffix(b"\n")), blank, content)
    size = len(content)
    while not content.endswith(b"\n") and (chunk := file.readline(SKIPPED_CHUNK_BYTES)):
        content = chunk
        on_bytes(chunk)
        size += len(chunk)
        blank = blank and chunk.isspace()
    return Line(number, size - content.endswith(b"\n"), blank, b"")


def _damaged(path: Path, number: int, error: Exception) -> RowsError:
    if isinstance(error, OSError) and error.errno:
        return RowsError(f"{path}, line {number}: {error.strerror}", "Check the disk, and copy the file again.")
    return RowsError(
        f"{path}, line {number}: the gzip file is damaged or cut off at this line or after it: {error}",
        "Copy or compress the file again, and check it with gzip -t.",
    )

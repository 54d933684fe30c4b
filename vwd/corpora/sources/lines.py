"""The lines of a file: one that is larger than a row may be is measured, and never held."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, NamedTuple, cast

from vwd.corpora.sources.text_file import DAMAGE, TextFile
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
        offset: where it starts, in bytes from 0.
    """

    number: int
    size: int
    blank: bool
    content: bytes
    offset: int

    @property
    def holds_row(self) -> bool:
        """A blank line of megabytes is damage, and counts: whatever the user allows, rows keep their numbers."""
        return not self.blank or self.size > MAX_ROW_BYTES


def read_lines(
    file: TextFile, mark: Mark, max_bytes: int, on_bytes: Callable[[bytes], None] = lambda data: None
) -> Iterator[Line]:
    """Every line from a mark on; of empty ones in a row the first, and perhaps others.

    Args:
        on_bytes: called with all that is read, a line or a part of it at a time.

    Raises:
        RowsError: the file cannot be opened, or is damaged at a line; names it.
    """
    number, offset = mark.line, mark.offset

    def count(data: bytes) -> None:
        nonlocal offset
        offset += len(data)
        on_bytes(data)

    # Lines end at b"\n" alone: text may hold U+2028 and other breaks that str.splitlines would cut at.
    with file.open() as opened:
        while True:
            try:
                if number == mark.line and mark.offset:
                    opened.seek(mark.offset)
                line = _read_line(opened, number, offset, max_bytes, count)
            except DAMAGE as error:
                raise file.damaged(number, error) from error
            if line is None:
                return
            yield line
            number += 1
            if line.content == b"\n":
                try:
                    number += _skip_empty(opened, count)
                except DAMAGE as error:
                    raise file.damaged(number, error) from error


def _skip_empty(file: IO[bytes], on_bytes: Callable[[bytes], None]) -> int:
    """Passes over empty lines, a buffer at a time: there may be a hundred million in a small packed file."""
    skipped = 0
    while run := _leading_breaks(cast("io.BufferedReader", file).peek(1)):  # all that files are opened as can peek
        on_bytes(file.read(run))
        skipped += run
    return skipped


def _leading_breaks(data: bytes) -> int:
    return len(data) - len(data.lstrip(b"\n"))


def _read_line(
    file: IO[bytes], number: int, offset: int, max_bytes: int, on_bytes: Callable[[bytes], None]
) -> Line | None:
    content = file.readline(max_bytes + 1)
    if not content:
        return None
    on_bytes(content)
    blank = content.isspace()
    if content.endswith(b"\n") or len(content) <= max_bytes:
        return Line(number, len(content.removesuffix(b"\n")), blank, content, offset)
    size = len(content)
    while not content.endswith(b"\n") and (chunk := file.readline(SKIPPED_CHUNK_BYTES)):
        content = chunk
        on_bytes(chunk)
        size += len(chunk)
        blank = blank and chunk.isspace()
    return Line(number, size - content.endswith(b"\n"), blank, b"", offset)

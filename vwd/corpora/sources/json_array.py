"""The items of a JSON array, one at a time: one that is larger than a row may be is measured, and never held.

Libraries that parse JSON as it arrives hold an item of any size, and none tells where an item starts, to come back to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from vwd.corpora.sources.lines import Line, Mark
from vwd.corpora.sources.text_file import DAMAGE, TextFile
from vwd.errors import RowsError
from vwd.limits import SKIPPED_CHUNK_BYTES

_OUTSIDE_STRINGS = re.compile(rb'["\[\]{},]')
_INSIDE_STRINGS = re.compile(rb'["\\]')
_TEXT = re.compile(rb"[^ \t\r\n]")
_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
# White space that an item may have behind it and still be held.
_SLACK = 1 << 12
_HINT = "Write the file again as an array of objects, or one object a line."


def is_array(file: TextFile) -> bool:
    """Whether a JSON file begins as an array does.

    Raises:
        RowsError: it is damaged at its start.
    """
    with file.open() as opened:
        try:
            start = opened.read(SKIPPED_CHUNK_BYTES)
        except DAMAGE as error:
            raise file.damaged(1, error) from error
    return start.removeprefix(_BOM).lstrip().startswith(b"[")


def read_items(
    file: TextFile, mark: Mark, max_bytes: int, on_bytes: Callable[[bytes], None] = lambda data: None
) -> Iterator[Line]:
    """Every item from a mark on, as a line.

    Args:
        on_bytes: called with all that is read.

    Raises:
        RowsError: the array does not end, something follows it, or the file is damaged.
    """
    scan = _Scan(file, mark, max_bytes)
    with file.open() as opened:
        try:
            if mark.offset:
                opened.seek(mark.offset)
            while data := opened.read(SKIPPED_CHUNK_BYTES):
                on_bytes(data)
                yield from scan.take(data)
        except DAMAGE as error:
            raise file.damaged(scan.line, error) from error
    if not scan.ended:
        raise RowsError(f"{file.path}, line {scan.line}: the array is not closed: the file is cut off", _HINT)


class _Scan:
    """Where a scan stands, and the item that it is in."""

    def __init__(self, file: TextFile, mark: Mark, max_bytes: int) -> None:
        self._file, self._most = file, max_bytes + _SLACK
        self.line, self._offset = mark.line, mark.offset
        # Of brackets that are open within the array; before the array's own, there is none.
        self._depth = 0 if mark.offset else -1
        self._in_string = self._after_backslash = self.ended = False
        self._items = mark.row
        self._held, self._size, self._start = bytearray(), 0, mark

    def take(self, data: bytes) -> Iterator[Line]:
        """The items that end in the next part of the file."""
        at = begin = 0
        while at < len(data) and not self.ended:
            if self._in_string:
                at = self._pass_string(data, at)
                continue
            found = _OUTSIDE_STRINGS.search(data, at)
            if found is None:
                break
            at, sign = found.end(), found[0]
            if sign == b'"':
                self._in_string = True
            elif sign in b"[{":
                self._depth += 1
                if self._depth == 0:
                    self._pass_over(data[begin:at])
                    begin = at
            elif sign in b"]}" and self._depth:
                self._depth -= 1
            elif self._depth == 0:
                self._hold(data[begin : found.start()])
                if self._size and sign != b"}":
                    yield self._item()
                elif sign != b"]" or self._items:
                    raise self._broken(f"not JSON: '{sign.decode()}' where an item should be")
                self.ended = sign == b"]"
                self._pass_over(sign)
                begin = at
        if not self.ended:
            self._hold(data[begin:])
        elif _TEXT.search(data, begin):
            raise self._broken("there is text after the array")

    def _pass_string(self, data: bytes, at: int) -> int:
        if self._after_backslash:
            self._after_backslash = False
            return at + 1
        found = _INSIDE_STRINGS.search(data, at)
        if found is None:
            return len(data)
        self._in_string = found[0] != b'"'
        self._after_backslash = self._in_string
        return found.end()

    def _hold(self, part: bytes) -> None:
        """Adds a part to the item; white space before it is passed over."""
        if not self._size:
            text = part.lstrip(_SPACE)
            self._pass_over(part[: len(part) - len(text)])
            part = text
        self._size += len(part)
        if self._size <= self._most:
            self._held += part
        else:
            self._held.clear()
        self._move(part)

    def _item(self) -> Line:
        content = bytes(self._held.rstrip(_SPACE))
        self._items += 1
        return Line(self._start.line, len(content) or self._size, False, content, self._start.offset)

    def _pass_over(self, part: bytes) -> None:
        """Goes on to where an item may start."""
        self._move(part)
        self._held, self._size, self._start = bytearray(), 0, Mark(self._items, self.line, self._offset)

    def _move(self, part: bytes) -> None:
        self._offset += len(part)
        self.line += part.count(b"\n")

    def _broken(self, what: str) -> RowsError:
        return RowsError(f"{self._file.path}, line {self.line}: {what}", _HINT)

"""The records of a CSV file, as the csv module cuts them; one that is too large is passed over, never held."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import TextIO

from vwd.corpora.sample import RefusedRow
from vwd.limits import SKIPPED_CHUNK_BYTES

# Lines are bounded here; the csv module's own limit must never be the smaller one.
_NO_LIMIT = 2**31 - 1

# Where a record stands: before a field, in one, in a quoted one, after a quote in that, and at its end.
_START, _FIELD, _QUOTED, _QUOTE, _END = range(5)
_INSIDE_QUOTES = re.compile('[^"]*(?:""[^"]*)*')


class _TooLargeError(Exception):
    """The record that is being read has become too large."""


class CsvRecords:
    """Iterates over the records of a text: a list of fields, or a `RefusedRow`. Blank lines are no records.

    Attributes:
        line: the number of the last line read, from 1.
    """

    def __init__(self, text: TextIO, max_bytes: int, delimiter: str = ",") -> None:
        csv.field_size_limit(_NO_LIMIT)
        self._text, self._max_bytes, self._delimiter = text, max_bytes, delimiter
        self.line = 0
        self._at_line_start = True
        self._held: list[str] = []
        self._size = self._line_break = 0

    def __iter__(self) -> Iterator[list[str] | RefusedRow]:
        """The records.

        Raises:
            csv.Error: a quote is not closed or is followed by text, or there is a NUL.
        """
        reader = self._reader()
        while True:
            self._held, self._size = [], 0
            first_line = self.line + 1
            try:
                fields = next(reader, None)
            except _TooLargeError:
                self._pass_over(first_line)
                yield RefusedRow.too_large(self._size - self._line_break, self._max_bytes)
                reader = self._reader()
                continue
            if fields is None:
                return
            if fields:
                yield fields

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._feed(), strict=True, delimiter=self._delimiter)

    def _feed(self) -> Iterator[str]:
        """The lines, of which the csv module takes as many as the record has."""
        while line := self._read(self._max_bytes + len("\r\n")):
            self._held.append(line)
            if self._size - self._line_break > self._max_bytes:
                raise _TooLargeError
            yield line

    def _read(self, most: int) -> str:
        """A line, or a part of it of `most` characters."""
        part = self._text.readline(most)
        if part:
            self.line += self._at_line_start
            if "\0" in part:  # what a lost disk block leaves, or UTF-16; some versions of the csv module let it pass
                raise csv.Error("a NUL character, as in UTF-16")
            self._line_break = len(part) - len(part.rstrip("\r\n"))
            self._at_line_start = self._line_break > 0
            self._size += len(part) if part.isascii() else len(part.encode("utf-8", "surrogateescape"))
        return part

    def _pass_over(self, first_line: int) -> None:
        """Reads on to the end of a record, of which `held` is the beginning."""
        held, self._held = "".join(self._held), []
        state, follow = _START, _Follower(self._delimiter)
        for at in range(0, len(held), SKIPPED_CHUNK_BYTES):
            state = follow.after(held[at : at + SKIPPED_CHUNK_BYTES], state)
        while state != _END and (part := self._read(SKIPPED_CHUNK_BYTES)):
            state = follow.after(part, state)
        if state == _QUOTED:
            raise csv.Error(f"the record that starts in line {first_line} has a quote that is never closed")


class _Follower:
    """Follows a record by the rules of the csv module's reader."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._outside_quotes = re.compile(f"[^{re.escape(delimiter)}\r\n]*")
        self._delimiters = re.compile(f"(?:{re.escape(delimiter)})+")

    def after(self, text: str, state: int) -> int:
        """Where a record stands after a part of it."""
        at = 0
        while at < len(text) and state != _END:
            if state == _QUOTED:
                at = _end_of(_INSIDE_QUOTES, text, at)
                if at < len(text):
                    at, state = at + 1, _QUOTE
            elif state == _FIELD:
                at, state = _end_of(self._outside_quotes, text, at), _START
                if at == len(text):
                    return _FIELD
            elif text[at] == '"':
                at, state = at + 1, _QUOTED
            elif text[at] in "\r\n":
                state = _END
            elif text[at] == self._delimiter:
                at, state = _end_of(self._delimiters, text, at), _START
            elif state == _QUOTE:
                raise csv.Error(f"'{self._delimiter}' expected after '\"'")
            else:
                state = _FIELD
        return state


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at

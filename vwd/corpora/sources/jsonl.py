"""Rows of a .jsonl or .jsonl.gz file: one object a line, blank lines ignored."""

from __future__ import annotations

import gzip
import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, ClassVar, cast

from vwd.corpora.sample import Row
from vwd.corpora.sources.rows import ForwardReader
from vwd.errors import RowsError

# Every so many rows the scan records its offset, so that a shard's rows are a seek away.
_MARK_EVERY = 256


@dataclass(frozen=True)
class _Mark:
    row: int
    line: int
    offset: int


@dataclass(frozen=True)
class JsonlRows:
    """A scanned file: its hash, its number of rows, and marks to seek to (not in a gzip stream)."""

    path: Path
    sha256: str
    count: int
    columns: tuple[str, ...]
    marks: tuple[_Mark, ...]
    _forward: ForwardReader[tuple[int, bytes]] = field(default_factory=ForwardReader, compare=False, repr=False)

    seekable: ClassVar[bool] = True

    @property
    def identity(self) -> dict[str, str]:
        return {"kind": "file", "sha256": self.sha256}

    def read(self, start: int, stop: int) -> Iterator[Row]:
        if self.path.suffix == ".gz":
            fresh = None if self._forward.can_reach(start) else _lines(self.path, self.marks[0])
            lines = self._forward.read(fresh, start, stop)
        else:
            mark = self.marks[bisect_right([m.row for m in self.marks], start) - 1]
            lines = islice(_lines(self.path, mark), start - mark.row, max(start, stop) - mark.row)
        for number, line in lines:
            yield _parse(line, self.path, number)


def open_jsonl(path: Path) -> JsonlRows:
    """Scans a file once for its hash, row count and marks; only the first row is parsed.

    Raises:
        RowsError: the file has no rows, or its first row is broken.
    """
    digest = hashlib.sha256()
    marks = [_Mark(0, 1, 0)]
    count = offset = 0
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, 1):
                digest.update(line)
                if not line.isspace():
                    if count % _MARK_EVERY == 0 and count:
                        marks.append(_Mark(count, number, offset))
                    count += 1
                offset += len(line)
    except (EOFError, gzip.BadGzipFile) as error:
        raise RowsError(
            f"{path}: not a complete gzip file: {error}", "Copy or compress the file again, and check it with gzip -t."
        ) from error
    if not count:
        raise RowsError(f"{path} has no rows", "Give a file with one JSON object a line.")
    number, line = next(_lines(path, marks[0]))
    first = _parse(line, path, number)
    return JsonlRows(path, digest.hexdigest(), count, tuple(first), tuple(marks))


def _open(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))


def _lines(path: Path, mark: _Mark) -> Iterator[tuple[int, bytes]]:
    """Number and content of each line that holds a row, starting at a mark."""
    # Lines end at b"\n" alone: text may hold U+2028 and other breaks that str.splitlines would cut at.
    with _open(path) as lines:
        lines.seek(mark.offset)
        for number, line in enumerate(lines, mark.line):
            if not line.isspace():
                yield number, line


def _parse(line: bytes, path: Path, number: int) -> Row:
    try:
        row = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise RowsError(
            f"{path}, line {number}: not JSON: {error}", "Fix or remove that line; every line is one JSON object."
        ) from error
    if not isinstance(row, dict):
        raise RowsError(
            f"{path}, line {number}: a JSON {type(row).__name__}, not an object",
            'Write each row as {"column": "text", …} on a line of its own.',
        )
    return row

"""What a long command has done already, a line a row, so that a run that was killed resumes."""

from __future__ import annotations

import fcntl
import json
import threading
from array import array
from collections.abc import Mapping
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from vwd.errors import TableError

_FORMAT = "vwd journal 1"
_NONE = -1


class Journal:
    """The results of one command on one table, by row number; written by one process's threads, and only added to.

    A row's result stands as long as the row names the same file and the file is unchanged. Where rows have moved in
    the table, they are found by their path.

    Memory: eight bytes a row; where rows have moved, a hundred more for each that is done.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        """Opens or creates it.

        Raises:
            TableError: it is of other settings, or another process is writing it.
        """
        self._path, self._offsets = path, array("q")
        self._moved: dict[bytes, int] | None = None
        self._forgotten: set[int] = set()
        self._changing = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as files:
            self._file: IO[bytes] = files.enter_context(path.open("a+b"))
            self._lock()
            self._read(dict(settings))
            self._reader: IO[bytes] = files.enter_context(path.open("rb"))
            files.pop_all()  # until here they are closed by whatever fails
        self._earlier = self._file.seek(0, 2)  # where what this process adds begins

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._reader.close()

    def add(self, row: int, path: str, result: Mapping[str, Any]) -> None:
        """Keeps a row's result; a process that is killed afterwards does not lose it."""
        line = json.dumps({"row": row, "path": path, "file": _state(path), "result": result}).encode() + b"\n"
        with self._changing:
            offset = self._file.seek(0, 2)
            self._file.write(line)
            self._file.flush()
            self._forgotten.discard(row)
            if self._moved is not None:
                self._moved[_digest(path)] = offset
            self._note(row, offset)

    def result(self, row: int, path: str, check_file: bool = True) -> dict[str, Any] | None:
        """A row's result; None where there is none, or its file has changed since.

        Args:
            check_file: False for a row that this process has just done.
        """
        with self._changing:
            if row in self._forgotten:
                return None
            offset = self._offsets[row] if row < len(self._offsets) else _NONE
            line = self._line(offset) if offset != _NONE else None
            if (line and line["path"] != path) or self._moved is not None:  # the table has changed since
                line = self._by_path(path)
        if line is None or line["path"] != path or (check_file and line["file"] != _state(path)):
            return None
        result: dict[str, Any] = line["result"]
        return result

    def forget(self, row: int) -> None:
        """Takes a row's result as not there, in this run."""
        self._forgotten.add(row)

    def _by_path(self, path: str) -> dict[str, Any] | None:
        if self._moved is None:
            self._moved = {}
            self._reader.seek(0)
            offset = len(self._reader.readline())
            while offset < self._earlier:
                line = self._reader.readline()
                self._moved[_digest(json.loads(line)["path"])] = offset
                offset += len(line)
        offset = self._moved.get(_digest(path), _NONE)
        return self._line(offset) if offset != _NONE else None

    def _line(self, offset: int) -> dict[str, Any]:
        self._reader.seek(offset)
        line: dict[str, Any] = json.loads(self._reader.readline())
        return line

    def _note(self, row: int, offset: int) -> None:
        if row >= len(self._offsets):
            self._offsets.extend([_NONE] * (row + 1 - len(self._offsets)))
        self._offsets[row] = offset

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TableError(f"{self._path}: another process is writing it", "Let it end, or stop it.") from error

    def _read(self, settings: dict[str, Any]) -> None:
        self._file.seek(0)
        header = self._file.readline()
        if not header.endswith(b"\n"):
            self._file.truncate(0)
            self._file.write(json.dumps({"format": _FORMAT, "settings": settings}).encode() + b"\n")
            self._file.flush()
            return
        self._compare(header, settings)
        offset = len(header)
        for line in self._file:
            entry = _entry(line)
            if entry is None:  # what a kill or a full disk cut off: nothing after it counts
                self._file.truncate(offset)
                break
            self._note(entry, offset)
            offset += len(line)

    def _compare(self, header: bytes, settings: dict[str, Any]) -> None:
        try:
            known = json.loads(header)
            old = known["settings"] if known["format"] == _FORMAT else None
        except (ValueError, TypeError, KeyError, RecursionError):
            old = None
        if not isinstance(old, dict):
            raise TableError(f"{self._path}: not the journal of a run", "Move it away, or give another `output`.")
        if different := sorted(name for name in {*old, *settings} if old.get(name) != settings.get(name)):
            shown = "; ".join(f"{name}: {old.get(name)!r} before, {settings.get(name)!r} now" for name in different)
            raise TableError(
                f"{self._path} is of a run with other settings: {shown}",
                "Give the same settings to resume it, or another `output`; or move the file away to begin again.",
            )


def _entry(line: bytes) -> int | None:
    """The row of a complete line."""
    if not line.endswith(b"\n"):
        return None
    try:
        entry = json.loads(line)
        complete = isinstance(entry["path"], str) and isinstance(entry["result"], dict) and "file" in entry
        return int(entry["row"]) if complete and entry["row"] >= 0 else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _state(path: str) -> list[int] | None:
    """By what a changed file is known."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return [status.st_size, status.st_mtime_ns]


def _digest(path: str) -> bytes:
    return blake2b(path.encode("utf-8", "surrogateescape"), digest_size=8).digest()

"""Files that are whole or not there: written under a temporary name, fsynced, renamed."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from vwd.processes import is_dead, process_mark

# A writer on another node cannot be asked whether it lives. It touches its file every few seconds.
_DEAD_AFTER_SECONDS = 3600.0


@contextmanager
def whole_file(path: Path, temp: Path) -> Iterator[IO[bytes]]:
    """A binary file that stands at `path` only when the block has ended well; else nothing is left of it.

    Args:
        temp: a folder on the same file system for the unfinished file.
    """
    with _temp_file(path.name, temp) as (name, file):
        yield file
        file.flush()
        os.fsync(file.fileno())
        path.parent.mkdir(parents=True, exist_ok=True)
        name.replace(path)
    sync_folder(path.parent)


def create_once(path: Path, data: bytes, temp: Path) -> bool:
    """Puts a whole file at `path` unless one is there; of several writers at once, one wins.

    Returns:
        Whether this call created it.
    """
    with _temp_file(path.name, temp) as (name, file):
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            return False
    sync_folder(path.parent)
    return True


def json_bytes(data: Any) -> bytes:
    """JSON for a person to read: indented, in UTF-8, with a line break at the end."""
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def sync_folder(folder: Path) -> None:
    """Makes a rename in this folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(temp: Path) -> int:
    """Removes the temporary files of dead writers, and the folder when it is empty.

    A writer on this node is dead when its process is gone; one on another node when its file has not changed
    for an hour.

    Returns:
        How many files were removed.
    """
    removed = 0
    for path in list(temp.iterdir()) if temp.is_dir() else []:
        with suppress(FileNotFoundError):
            if _is_dead(path):
                path.unlink()
                removed += 1
    with suppress(OSError):
        temp.rmdir()
    return removed


@contextmanager
def _temp_file(name: str, temp: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    path = temp / f"{name}.{process_mark()}.{secrets.token_hex(4)}"
    file = _create(path)
    try:
        with file:
            yield path, file
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def _create(path: Path) -> IO[bytes]:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # another run swept the empty folder just now
            return path.open("xb")


def _is_dead(path: Path) -> bool:
    mark = ".".join(path.name.rsplit(".", 3)[-3:-1])
    dead = is_dead(mark)
    return time.time() - path.stat().st_mtime > _DEAD_AFTER_SECONDS if dead is None else dead

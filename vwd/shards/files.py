"""Files that are whole or not there: written under a temporary name, fsynced, renamed."""

from __future__ import annotations

import filecmp
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from vwd.processes import is_dead, process_mark
from vwd.shards.location import default_staging, is_remote
from vwd.shards.storage import download, upload, upload_once

# A writer on another node cannot be asked whether it lives. It touches its file every few seconds.
_DEAD_AFTER_SECONDS = 3600.0
# To make a file in a folder that others remove: three processes that did nothing else cost 33 in a row at most.
_TRIES = 100


@contextmanager
def whole_file(path: Path, temp: Path, sync_parent: bool = True) -> Iterator[IO[bytes]]:
    """A binary file that stands at `path` only when the block has ended well; else nothing is left of it.

    Args:
        path: on disk, or in object storage, to where the finished file is uploaded.
        temp: a folder on the same file system for the unfinished file; on any, before an upload.
        sync_parent: make the rename survive a power cut, too; a writer of many files may do so once for them all.
    """
    with _temp_file(path.name, temp) as (name, file):
        yield file
        file.flush()
        _put(name, file, path, sync_parent)


@contextmanager
def file_if_new(path: Path, temp: Path, on_write: Callable[[], None]) -> Iterator[IO[bytes]]:
    """Like `whole_file`, but a file that has the same content stays as it is, with its time.

    Args:
        on_write: called when the file has been put there.
    """
    with _temp_file(path.name, temp) as (name, file):
        yield file
        file.flush()
        if path.is_file() and filecmp.cmp(name, path, shallow=False):
            return
        _put(name, file, path)
    on_write()


@contextmanager
def whole_path(path: Path, temp: Path) -> Iterator[Path]:
    """As `whole_file`, for libraries that open a file by its name: yields the temporary one's."""
    with _temp_file(path.name, temp) as (name, file):
        yield name
        _put(name, file, path)


def create_once(path: Path, data: bytes, temp: Path) -> bool:
    """Puts a whole file at `path` unless one is there; of several writers at once, one wins.

    Returns:
        Whether this call created it.
    """
    if is_remote(path):
        return upload_once(data, path)
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


@contextmanager
def local_copy(path: Path) -> Iterator[Path]:
    """The file itself where it is on disk; else a copy, which lasts as long as the context."""
    if not is_remote(path):
        yield path
        return
    staging = default_staging()
    sweep(staging)
    try:
        with _temp_file(path.name, staging) as (name, _):
            download(path, name)
            yield name
    finally:
        with suppress(OSError):
            sweep(staging)


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
    removed, found = 0, []
    with suppress(FileNotFoundError):  # no folder, or another run removed it just now
        found = list(temp.iterdir())
    for path in found:
        with suppress(FileNotFoundError):
            if _is_dead(path):
                path.unlink()
                removed += 1
    with suppress(OSError):
        temp.rmdir()
    return removed


def _put(name: Path, file: IO[bytes], path: Path, sync_parent: bool = True) -> None:
    """Moves a whole file from its temporary name to where it belongs, so that it survives a power cut."""
    if is_remote(path):
        upload(name, path)
        return
    os.fsync(file.fileno())
    path.parent.mkdir(parents=True, exist_ok=True)
    name.replace(path)
    if sync_parent:
        sync_folder(path.parent)


@contextmanager
def _temp_file(name: str, temp: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    path = temp / f"{name}.{process_mark()}.{secrets.token_hex(4)}"
    try:  # already here: a signal may come as soon as the file is there
        with _create(path) as file:
            yield path, file
    finally:
        with suppress(FileNotFoundError, NotADirectoryError):  # it was renamed, or could not be made
            path.unlink()


def _create(path: Path) -> IO[bytes]:
    for _ in range(_TRIES):
        # Another run may sweep the empty folder at any time: after `mkdir`, and while that looks what stands there.
        with suppress(FileNotFoundError, FileExistsError):
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("xb")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


def _is_dead(path: Path) -> bool:
    mark = ".".join(path.name.rsplit(".", 3)[-3:-1])
    dead = is_dead(mark)
    return time.time() - path.stat().st_mtime > _DEAD_AFTER_SECONDS if dead is None else dead

"""Files that are complete or absent: written under a temporary name, fsynced, renamed."""

from __future__ import annotations

import errno
import filecmp
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from vwd.storage.objects import upload, upload_if_absent
from vwd.storage.tempfiles import temporary_file
from vwd.storage.urls import is_remote

# What file systems answer that know no hard links, or cannot sync a folder.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EINVAL}
_NO_FOLDER_FSYNC = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EACCES}


@contextmanager
def atomic_write(path: Path, temp: Path, sync_parent: bool = True) -> Iterator[IO[bytes]]:
    """A binary file that appears at `path` only when the block ends without an error; else nothing is left of it.

    Args:
        path: on disk, or in object storage, where the finished file is uploaded.
        temp: a folder for the unfinished file, on the same file system; any folder before an upload.
        sync_parent: make the rename survive a power cut, too; a writer of many files may do so once for all of them.
    """
    with temporary_file(path.name, temp) as (name, file):
        yield file
        file.flush()
        publish(name, file, path, sync_parent)


@contextmanager
def atomic_write_if_changed(path: Path, temp: Path, on_write: Callable[[], None]) -> Iterator[IO[bytes]]:
    """Like `atomic_write`, but an existing file with the same content is left alone, with its time.

    Args:
        on_write: called when the file has been replaced or created.
    """
    with temporary_file(path.name, temp) as (name, file):
        yield file
        file.flush()
        if path.is_file() and filecmp.cmp(name, path, shallow=False):
            return
        publish(name, file, path)
    on_write()


@contextmanager
def atomic_path(path: Path, temp: Path) -> Iterator[Path]:
    """Like `atomic_write`, for libraries that open a file by its name: yields the temporary file's path."""
    with temporary_file(path.name, temp) as (name, file):
        yield name
        publish(name, file, path)


def create_if_absent(path: Path, data: bytes, temp: Path) -> bool:
    """Creates a complete file at `path` unless one exists; of several writers at once, one wins.

    Returns:
        Whether this call created it.
    """
    if is_remote(path):
        return upload_if_absent(data, path)
    with temporary_file(path.name, temp) as (name, file):
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            return _create_without_links(path, data)
    fsync_folder(path.parent)
    return True


def json_bytes(data: Any) -> bytes:
    """JSON for a person to read: indented, in UTF-8, with a line break at the end."""
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def fsync_folder(folder: Path) -> None:
    """Makes the renames in this folder survive a power cut, as far as the file system can."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDER_FSYNC:
            raise
    finally:
        os.close(handle)


def _create_without_links(path: Path, data: bytes) -> bool:
    """On file systems without hard links, such as FAT and some FUSE mounts: exclusive, but for a moment incomplete."""
    try:
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        return False
    fsync_folder(path.parent)
    return True


def publish(name: Path, file: IO[bytes], path: Path, sync_parent: bool = True) -> None:
    """Moves a complete file from its temporary name to `path`, so that it survives a power cut; or uploads it.

    Args:
        file: opened under that name, and flushed.
    """
    if is_remote(path):
        upload(name, path)
        return
    os.fsync(file.fileno())
    path.parent.mkdir(parents=True, exist_ok=True)
    name.replace(path)
    if sync_parent:
        fsync_folder(path.parent)

"""Small files that others may have put there: regular ones only, never more than expected, links to themselves."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from vwd.storage.urls import is_remote

# Opening a link to itself, a socket, or a device without a driver.
_SPECIAL = {errno.ELOOP, errno.ENXIO, errno.ENODEV}


def read_regular(path: Path, most: int) -> bytes:
    """A file's content. A pipe or a device would make the reader wait, or give bytes without end.

    Args:
        most: the largest size in bytes that is read.

    Raises:
        ValueError: it is not a regular file, or larger.
        OSError: it does not exist, or cannot be read.
    """
    if is_remote(path):
        return path.read_bytes()
    handle = open_regular(path)
    with open(handle, "rb") as file:  # noqa: PTH123 - a handle, not a path
        size = os.fstat(handle).st_size
        if size > most:
            raise ValueError(f"{size:,} bytes, more than the {most:,} that such a file may have")
        return file.read(most)


def real_path(path: Path) -> Path:
    """The absolute path without links. pathlib's `resolve` raises a RuntimeError of its own for a link to itself."""
    return path.resolve() if is_remote(path) else Path(os.path.realpath(path))


def open_regular(path: Path) -> int:
    """A handle to read a regular file by.

    Raises:
        ValueError: it is not a regular file.
        OSError: it does not exist, or cannot be opened.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _SPECIAL:
            raise ValueError("not a regular file") from error
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ValueError("not a regular file")
    return handle

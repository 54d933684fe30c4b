"""Reading small files that others may have put there: regular ones only, and never more than expected."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from vwd.storage.urls import is_remote


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
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as file:  # noqa: PTH123 - a handle, not a path
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("not a regular file")
        if status.st_size > most:
            raise ValueError(f"{status.st_size:,} bytes, more than the {most:,} that such a file may have")
        return file.read(most)

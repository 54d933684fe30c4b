"""Refusing to read rows from anything but regular files, and from what only stands for one."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vwd.errors import RowsError

_URL = re.compile(r"(?:^|/)[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
# How a file begins that `git clone` writes in place of a large one, where Git LFS is not installed.
_POINTER = b"version https://git-lfs.github.com/spec/"
# What a path may lead to, besides a regular file.
_OTHERS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "Is a directory"),
    (stat.S_ISFIFO, "a pipe, not a regular file"),
    (stat.S_ISSOCK, "a socket, not a regular file"),
    (stat.S_ISCHR, "a device, not a regular file"),
    (stat.S_ISBLK, "a device, not a regular file"),
)


def is_url(path: str | Path) -> bool:
    """Whether what is given as a path is a URL."""
    return bool(_URL.search(str(path)))


def check_regular(path: Path, hint: str) -> None:
    """A pipe would be waited for, and a device may have no end: the rows are read more than once, by several workers.

    Raises:
        RowsError: it is something else than a file, or a pointer of Git LFS, or does not exist.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if is_url(path):
            raise RowsError(f"{path}: URLs are not read", "Download the file, and give its path as `rows`.") from error
        raise RowsError(f"{path}: {error.strerror or error}", "Check the path given as `rows`.") from error
    if not stat.S_ISREG(mode):
        kind = next((name for is_it, name in _OTHERS if is_it(mode)), "not a regular file")
        raise RowsError(f"{path}: {kind}", hint)
    with suppress(OSError), path.open("rb") as file:  # who reads it says why it cannot be opened
        if file.read(len(_POINTER)) == _POINTER:
            raise RowsError(
                f"{path}: a pointer of Git LFS, not the file itself",
                "Run 'git lfs pull' in the clone, or copy the file.",
            )

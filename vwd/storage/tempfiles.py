"""Temporary files that name the process that writes them, so that those of dead writers, and no others, are removed."""

from __future__ import annotations

import atexit
import os
import re
import secrets
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from vwd.errors import OutputError
from vwd.storage.processes import has_ended, process_tag

# A writer on another node cannot be asked whether it is alive. It touches its file every few seconds.
_STALE_AFTER_SECONDS = 3600.0
# To create a file in a folder that other runs remove: three processes that did nothing else needed 33 at most.
_ATTEMPTS = 100
# As `temporary_file` names them: nobody else's file looks like this.
_OURS = re.compile(r".+\.([0-9a-f]{12}\.\d{1,10})\.[0-9a-f]{8}", re.DOTALL)
_STAGING = "vwd-staging-"
# Folders that only temporary files are in, by name; a folder that a user named is never removed.
_OWN_FOLDERS = re.compile(rf"\.tmp|{_STAGING}[0-9a-f]{{12}}\.\d{{1,10}}\.[^/]+")

_own_staging: dict[int, Path] = {}


def default_staging_folder() -> Path:
    """Where files are written before they are uploaded: a new folder of this process in TMPDIR, nobody else's."""
    if os.getpid() not in _own_staging:
        folder = Path(tempfile.mkdtemp(prefix=f"{_STAGING}{process_tag()}."))
        _own_staging[os.getpid()] = folder
        atexit.register(_remove_empty, folder)
        for other in folder.parent.glob(f"{_STAGING}*"):
            tag = ".".join(other.name.removeprefix(_STAGING).split(".")[:2])
            with suppress(OSError, OutputError):
                if has_ended(tag) and other.lstat().st_uid == os.getuid():
                    remove_stale(other)
    return _own_staging[os.getpid()]


def writer_mark() -> str:
    """What ends a temporary name: this process and a random part. When it is gone, `remove_stale` takes its files."""
    return f"{process_tag()}.{secrets.token_hex(4)}"


@contextmanager
def temporary_file(name: str, folder: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A new file for writing, and its path. It is removed at the end unless it was renamed.

    Raises:
        OutputError: the folder is a symbolic link: the file would be somewhere else.
    """
    _check_folder(folder)
    path = folder / f"{name}.{writer_mark()}"
    try:  # already here: a signal may arrive as soon as the file exists
        with _create(path) as file:
            yield path, file
    finally:
        with suppress(FileNotFoundError, NotADirectoryError):  # it was renamed, or could not be created
            path.unlink()


@contextmanager
def lasting_file(path: Path) -> Iterator[IO[bytes]]:
    """A new file for writing that outlasts the block, unless that ends in an error; as `create_lasting`."""
    try:
        with create_lasting(path) as file:
            yield file
    except BaseException:
        with suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
        raise


def create_lasting(path: Path) -> IO[bytes]:
    """A new file for writing that another process reads or removes.

    Args:
        path: ends in the mark of that process, such as the parent of this one.

    Raises:
        OutputError: its folder is a symbolic link.
    """
    _check_folder(path.parent)
    return _create(path)


def open_lasting(path: Path) -> IO[bytes]:
    """The same file for reading and writing, created where it is not there yet."""
    _check_folder(path.parent)
    with suppress(FileNotFoundError):
        return path.open("r+b")
    with suppress(FileExistsError):  # another process has just created it
        _create(path).close()
    return path.open("r+b")


def remove_stale(folder: Path) -> int:
    """Removes the temporary files of dead writers, and the folder when it is empty and ours.

    A writer on this node is dead when its process is gone; one on another node when its file has not changed
    for an hour. Files with other names are never touched.

    Returns:
        How many files were removed.

    Raises:
        OutputError: the folder is a symbolic link.
    """
    _check_folder(folder)
    removed, found = 0, []
    with suppress(FileNotFoundError):  # no folder, or another run removed it just now
        found = list(folder.iterdir())
    for path in found:
        with suppress(FileNotFoundError):
            if _is_stale(path):
                path.unlink()
                removed += 1
    _remove_empty(folder)
    return removed


@contextmanager
def temporary_folder(beside: Path) -> Iterator[Path]:
    """A folder in this one for unfinished files, without what writers that were killed left there; gone when empty."""
    folder = beside / ".tmp"
    remove_stale(folder)
    try:
        yield folder
    finally:
        remove_stale(folder)


def names_in_progress(folder: Path, besides: str = "") -> set[str]:
    """The names of files that live writers have begun in a folder for temporary files.

    Args:
        besides: a mark whose files do not count.
    """
    found = set()
    with suppress(OSError):
        for path in folder.iterdir():
            named = _OURS.fullmatch(path.name)
            if named and has_ended(named[1]) is not True and not (besides and path.name.endswith(besides)):
                found.add(path.name.rsplit(".", 3)[0])
    return found


def _remove_empty(folder: Path) -> None:
    if _OWN_FOLDERS.fullmatch(folder.name):
        with suppress(OSError):
            folder.rmdir()


def _create(path: Path) -> IO[bytes]:
    """A new file, in a folder that is made where there is none.

    Raises:
        FileExistsError: it is there already.
    """
    for _ in range(_ATTEMPTS):
        # Another run may remove the empty folder at any time: after `mkdir`, and while `mkdir` checks what exists.
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileNotFoundError, FileExistsError):
            continue
        _check_folder(path.parent)
        with suppress(FileNotFoundError):
            return path.open("xb")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


def _check_folder(folder: Path) -> None:
    """Refuses a link: whoever may put one there would have files written and removed in a folder of their choice."""
    with suppress(FileNotFoundError, NotADirectoryError):
        if _OWN_FOLDERS.fullmatch(folder.name) and folder.is_symlink():
            raise OutputError(f"{folder} is a symbolic link", "Remove it; temporary files are kept in a folder there.")


def _is_stale(path: Path) -> bool:
    named = _OURS.fullmatch(path.name)
    status = path.lstat()
    if not named or not stat.S_ISREG(status.st_mode):
        return False
    ended = has_ended(named[1])
    return time.time() - status.st_mtime > _STALE_AFTER_SECONDS if ended is None else ended

"""Folders that are complete or absent: made under the name of the process that writes them, then swapped in."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vwd.storage.processes import has_ended, process_tag

# A writer on another node cannot be asked whether it is alive; it writes to its folder all the time.
_STALE_AFTER_SECONDS = 3600.0
# Others may remove the empty folder above, or swap theirs in, between two steps of ours.
_ATTEMPTS = 100
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextmanager
def temporary_folder(path: Path) -> Iterator[Path]:
    """A new folder beside `path`, for what will be `path`. It is removed at the end unless it was renamed.

    The folders above are made, too, and removed again where they stay empty.
    """
    made = [folder for folder in path.parents if not folder.exists()]
    name = _name(path, "new")
    try:
        _make(name)
        yield name
    finally:
        _remove(name)
        for folder in made:
            with suppress(OSError):  # not made, or not empty: in use, by us or by others
                folder.rmdir()


def replace_folder(new: Path, path: Path) -> None:
    """Puts a complete folder in the place of `path`; readers find the old one or the new one.

    Of several processes that do so at once each succeeds, and the last one's folder stays. Where the file system
    cannot exchange two folders in one step, there is none for a moment; see `remove_stale_folders`.

    Raises:
        FileExistsError: what stands at `path` is no folder.
    """
    for _ in range(_ATTEMPTS):
        if place_folder(new, path) or _exchange(new, path):  # exchanged, `new` is the old one
            return
        aside = _name(path, "old")
        try:
            with suppress(FileNotFoundError):  # another process has moved it just now
                path.rename(aside)
            if place_folder(new, path):
                return
        finally:
            with suppress(FileNotFoundError):
                if not place_folder(aside, path):
                    _discard(aside, path)
    raise FileExistsError(errno.EEXIST, "other processes replace it again and again", str(path))


def place_folder(new: Path, path: Path) -> bool:
    """Renames a complete folder to `path`, unless there is one with something in it.

    Returns:
        Whether it was renamed.

    Raises:
        FileExistsError: what stands at `path` is no folder.
    """
    try:
        new.rename(path)
    except NotADirectoryError as error:
        raise FileExistsError(errno.EEXIST, "what stands there is no folder", str(path)) from error
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        return False
    return True


def remove_stale_folders(path: Path) -> None:
    """Removes what dead writers of `path` have left beside it; puts an old folder back where there is no new one.

    A writer on this node is dead when its process is gone; one on another node when nothing in its folder has changed
    for an hour.
    """
    found: list[tuple[Path, str]] = []
    with suppress(FileNotFoundError):
        found = [(one, kind) for one in path.parent.iterdir() if (kind := _kind(one, path)) and _is_stale(one)]
    for one, kind in found:
        claimed = _name(path, kind)
        with suppress(OSError):  # another process has claimed it, or it belongs to another user
            one.rename(claimed)
            if kind == "new" or not place_folder(claimed, path):
                _discard(claimed, path)


def _name(path: Path, kind: str) -> Path:
    return path.with_name(f".{path.name}.{kind}.{process_tag()}.{secrets.token_hex(4)}")


def _make(folder: Path) -> None:
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError, FileExistsError):
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
            return
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir()


def _exchange(one: Path, other: Path) -> bool:
    """Swaps two names in one step, which Linux can on most local file systems."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return rename is not None and not rename(
        _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE
    )


def _discard(folder: Path, path: Path) -> None:
    """Removes a folder of kind "old", which is whole as long as it has that name."""
    unwanted = _name(path, "new")
    folder.rename(unwanted)
    _remove(unwanted)


def _remove(folder: Path) -> None:
    """Removes a folder of ours, if it is still there. The next writer sweeps what cannot be removed now."""
    shutil.rmtree(folder, ignore_errors=True)


def _kind(one: Path, path: Path) -> str:
    """Whether a folder beside `path` is a "new" or an "old" one by its name; "" for anything that is not ours."""
    pattern = rf"\.{re.escape(path.name)}\.(new|old)\.[0-9a-f]{{12}}\.\d+\.[0-9a-f]{{8}}"
    found = re.fullmatch(pattern, one.name)
    return found[1] if found and one.is_dir() and not one.is_symlink() else ""


def _is_stale(folder: Path) -> bool:
    tag = ".".join(folder.name.rsplit(".", 3)[-3:-1])
    ended = has_ended(tag)
    if ended is not None:
        return ended
    newest = 0.0
    for one in [folder, *folder.rglob("*")]:
        with suppress(FileNotFoundError):
            newest = max(newest, one.lstat().st_mtime)
    return time.time() - newest > _STALE_AFTER_SECONDS

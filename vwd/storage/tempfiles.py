"""Temporary files that name the process that writes them, so that those of dead writers can be removed."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from vwd.storage.processes import has_ended, process_tag

# A writer on another node cannot be asked whether it is alive. It touches its file every few seconds.
_STALE_AFTER_SECONDS = 3600.0
# To create a file in a folder that other runs remove: three processes that did nothing else needed 33 at most.
_ATTEMPTS = 100


def default_staging_folder() -> Path:
    """Where files are written before they are uploaded: this user's own folder, in TMPDIR."""
    return Path(tempfile.gettempdir()) / f"vwd-staging-{os.getuid()}"


@contextmanager
def temporary_file(name: str, folder: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A new file for writing, and its path. It is removed at the end unless it was renamed."""
    path = folder / f"{name}.{process_tag()}.{secrets.token_hex(4)}"
    try:  # already here: a signal may arrive as soon as the file exists
        with _create(path) as file:
            yield path, file
    finally:
        with suppress(FileNotFoundError, NotADirectoryError):  # it was renamed, or could not be created
            path.unlink()


def remove_stale(folder: Path) -> int:
    """Removes the temporary files of dead writers, and the folder when it is empty.

    A writer on this node is dead when its process is gone; one on another node when its file has not changed
    for an hour.

    Returns:
        How many files were removed.
    """
    removed, found = 0, []
    with suppress(FileNotFoundError):  # no folder, or another run removed it just now
        found = list(folder.iterdir())
    for path in found:
        with suppress(FileNotFoundError):
            if _is_stale(path):
                path.unlink()
                removed += 1
    with suppress(OSError):
        folder.rmdir()
    return removed


def _create(path: Path) -> IO[bytes]:
    for _ in range(_ATTEMPTS):
        # Another run may remove the empty folder at any time: after `mkdir`, and while `mkdir` checks what exists.
        with suppress(FileNotFoundError, FileExistsError):
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("xb")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


def _is_stale(path: Path) -> bool:
    tag = ".".join(path.name.rsplit(".", 3)[-3:-1])
    ended = has_ended(tag)
    return time.time() - path.stat().st_mtime > _STALE_AFTER_SECONDS if ended is None else ended

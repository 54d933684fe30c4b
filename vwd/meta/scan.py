"""A folder of videos as a table: every file with a video's ending, in sorted order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from vwd.errors import TableError
from vwd.meta.tables import Row, write_table

ENDINGS = frozenset({".mp4", ".avi", ".mov", ".mkv"})
COLUMNS = ("path", "id", "relpath")


def scan(root: str | Path, output: Path) -> int:
    """Writes the table of a folder's videos: `path` begins with `root` as it was given.

    Links to folders are followed, each real folder once on the way down, so that loops end.

    Returns:
        How many videos there are; for a folder without any, the table has only its header.

    Raises:
        TableError: there is no such folder, or a folder in it cannot be read.
    """
    if not Path(root).is_dir():
        what = "is no folder" if Path(root).exists() else "there is no such folder"
        raise TableError(f"{root}: {what}", "Give the folder that the videos are in.")
    return write_table(output, COLUMNS, _rows(root))


def _rows(root: str | Path) -> Iterator[Row]:
    for relative in _videos(Path(root), "", frozenset()):
        # Not Path: a leading ./ stays, as other tables of the same folder have it.
        path = os.path.join(str(root), relative)  # noqa: PTH118
        yield {"path": path, "id": os.path.splitext(relative)[0], "relpath": relative}  # noqa: PTH122


def _videos(root: Path, folder: str, above: frozenset[tuple[int, int]]) -> Iterator[str]:
    here = root / folder
    try:
        status = here.stat()
        entries = sorted(os.scandir(here), key=lambda entry: entry.name)
    except OSError as error:
        raise TableError(f"{here}: {error.strerror}", "Check its permissions and its disk.") from error
    if (identity := (status.st_dev, status.st_ino)) in above:
        return
    for entry in entries:
        relative = f"{folder}/{entry.name}" if folder else entry.name
        if _is_folder(entry):
            yield from _videos(root, relative, above | {identity})
        elif os.path.splitext(entry.name)[1].lower() in ENDINGS:  # noqa: PTH122
            yield relative


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads round to itself: it is named like a video or not at all
        return False

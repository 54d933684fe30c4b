"""Which Parquet files belong together: those of each subfolder, and those of the folder itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vwd.corpora.sources.rows import file_errors
from vwd.errors import RowsError, UsageError
from vwd.limits import MOST_RECORD_FILES

_ENDING = ".parquet"


@dataclass(frozen=True)
class Group:
    """Parquet files that become shards of one name, in the order of their paths.

    Attributes:
        name: of the subfolder; of the input folder for files that are in none.
    """

    name: str
    files: tuple[Path, ...]


def find_groups(folder: Path) -> tuple[Group, ...]:
    """The groups of an input folder, by name. Hidden folders and files are none; links to folders are followed.

    Raises:
        UsageError: there is no such folder.
        RowsError: it holds no Parquet file, too many, or cannot be read.
    """
    if not folder.is_dir():
        raise UsageError(f"`input_dir` {folder} is not a folder", "Give the folder that holds the Parquet files.")
    with file_errors(folder):
        children = sorted(child for child in folder.iterdir() if not child.name.startswith("."))
        above = frozenset({(folder.stat().st_dev, folder.stat().st_ino)})
        groups = [Group(child.name, tuple(sorted(_below(child, above)))) for child in children if _is_folder(child)]
        own = tuple(child for child in children if _is_parquet(child))
    if own:
        groups.append(Group(_own_name(folder, {group.name for group in groups}), own))
    found = tuple(sorted((group for group in groups if group.files), key=lambda group: group.name))
    if not found:
        raise RowsError(f"{folder}: holds no {_ENDING} file", "Give the folder that holds the Parquet files.")
    if most := next((group for group in found if len(group.files) > MOST_RECORD_FILES), None):
        raise RowsError(
            f"{folder / most.name}: {len(most.files):,} files, more than {MOST_RECORD_FILES:,}", "Merge some of them."
        )
    return found


def _below(folder: Path, above: frozenset[tuple[int, int]]) -> Iterator[Path]:
    """The files in a folder and in those below it. Links to folders are followed, but never to one above: loops end."""
    status = folder.stat()
    if (identity := (status.st_dev, status.st_ino)) in above:
        return
    with file_errors(folder):
        children = [child for child in folder.iterdir() if not child.name.startswith(".")]
    for child in children:
        if _is_folder(child):
            yield from _below(child, above | {identity})
        elif _is_parquet(child):
            yield child


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a link that leads round to itself
        return False


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == _ENDING and path.is_file()


def _own_name(folder: Path, taken: set[str]) -> str:
    name = folder.resolve().name or "root"
    while name in taken:
        name += "_root"
    return name

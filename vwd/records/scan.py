"""Looking through a group's files before anything is packed: their hashes, their rows, and the ids that return.

It happens in processes of their own. Decoding Parquet starts threads that last as long as the process, and one that has
threads cannot be forked: every worker of every group would start afresh.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vwd.corpora.sources.rows import Rows, file_errors
from vwd.errors import RowsError, VwdError
from vwd.records.folders import Group
from vwd.shards.pool import Failed, run_pool
from vwd.storage.hashing import sha256_file

if TYPE_CHECKING:
    from vwd.corpora.sources.parquet import ParquetRows


@dataclass(frozen=True)
class Scanned:
    """What is known of a group. `repeated`: the rows whose id an earlier one has."""

    rows: Rows
    repeated: frozenset[int]


def scan_group(group: Group, num_workers: int, meanwhile: Callable[[], object] = lambda: None) -> Scanned:
    """Looks through the files of a group.

    Args:
        meanwhile: called while other processes do.

    Raises:
        RowsError: a file is broken, or has no ids or conversations; names it. Or there are no rows at all.
        VwdError: a process that read them was killed.
    """
    found: dict[Group | Path, Any] = {}
    items: tuple[Group | Path, ...] = (group, *group.files)
    with closing(run_pool(_open_scanner, items, num_workers, meanwhile=meanwhile)) as outcomes:
        for outcome in outcomes:
            if isinstance(outcome, Failed):
                raise VwdError(f"{group.files[0].parent}: {outcome.what}", outcome.hint)
            found[outcome.item] = outcome.result
    if error := next((found[item] for item in items if isinstance(found[item], RowsError)), None):
        raise error
    from vwd.records.opening import as_one

    files, repeated = found[group]
    return Scanned(as_one([replace(file, sha256=found[file.path]) for file in files]), repeated)


def _open_scanner() -> Callable[[Group | Path, Callable[[], None]], Any]:
    return _scan


def _scan(item: Group | Path, on_row: Callable[[], None]) -> Any:
    """Of a file its hash; of a group its rows. Or the error that there is: its kind tells the caller what to advise."""
    try:
        if isinstance(item, Group):
            return _rows(item)
        with file_errors(item):
            return sha256_file(item)
    except RowsError as error:
        return error


def _rows(group: Group) -> tuple[tuple[ParquetRows, ...], frozenset[int]]:
    """The files of a group that have rows, without their hashes, and the rows whose id an earlier one has."""
    # What hashes does not need these.
    from vwd.records.duplicates import repeated_rows
    from vwd.records.opening import as_one, open_files

    files = open_files(group, sha256="")
    return files, repeated_rows(as_one(files))

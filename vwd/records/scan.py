"""Looking through a group's files before anything is packed: their hashes, their rows, and the ids that return.

It happens in a process of its own. Decoding Parquet starts threads that last as long as the process, and one that has
threads cannot be forked: every worker of every group would start afresh.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from vwd.corpora.sources.rows import Rows
from vwd.errors import RowsError, VwdError
from vwd.records.duplicates import repeated_rows
from vwd.records.folders import Group, open_group
from vwd.shards.pool import Failed, run_pool


@dataclass(frozen=True)
class Scanned:
    """What is known of a group. `repeated`: the rows whose id an earlier one has."""

    rows: Rows
    repeated: frozenset[int]


def scan_group(group: Group, threads: int) -> Scanned:
    """Looks through the files of a group.

    Args:
        threads: that hash files at the same time.

    Raises:
        RowsError: a file is broken, or has no ids or conversations; names it. Or there are no rows at all.
        VwdError: the process that read them was killed.
    """
    (outcome,) = run_pool(partial(_open_scanner, threads), [group], 1)
    if isinstance(outcome, Failed):
        raise VwdError(f"{group.files[0].parent}: {outcome.what}", outcome.hint)
    if isinstance(outcome.result, RowsError):
        raise outcome.result
    return outcome.result


def _open_scanner(threads: int) -> Callable[[Group, Callable[[], None]], Scanned | RowsError]:
    return partial(_scan, threads)


def _scan(threads: int, group: Group, on_row: Callable[[], None]) -> Scanned | RowsError:
    """What there is, or the error that there is: its kind tells the caller what to advise."""
    try:
        rows = open_group(group, threads)
        return Scanned(rows, repeated_rows(rows))
    except RowsError as error:
        return error

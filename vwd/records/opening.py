"""The rows of a group's Parquet files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vwd.corpora.sources.many import ManyFiles
from vwd.corpora.sources.parquet import ParquetRows, open_parquet
from vwd.corpora.sources.parquet_batches import open_parquet_file
from vwd.corpora.sources.rows import Rows, file_errors
from vwd.errors import RowsError
from vwd.records.folders import Group
from vwd.records.record import ID_COLUMNS


def open_group(group: Group) -> Rows:
    """The rows of a group's files, as one source.

    Raises:
        RowsError: as `open_files`, or a file cannot be read.
    """
    return as_one(open_files(group))


def open_files(group: Group, sha256: str | None = None) -> tuple[ParquetRows, ...]:
    """The files of a group that have rows.

    Args:
        sha256: as of `open_parquet`.

    Raises:
        RowsError: a file is broken, or has no ids or conversations; names it. Or there are no rows at all.
    """
    files = tuple(file for path in group.files if (file := _open(path, sha256)))
    if not files:
        where = group.files[0].parent
        raise RowsError(f"{where}: its Parquet files have no rows", "Write them again, or move them away.")
    return files


def as_one(files: Sequence[ParquetRows]) -> Rows:
    """Files as one source, whose rows are numbered on from file to file."""
    return ManyFiles(tuple(files)) if len(files) > 1 else files[0]


def _open(path: Path, sha256: str | None) -> ParquetRows | None:
    """A file; None where it has no rows."""
    with file_errors(path):
        if not _has_rows(path):
            return None
        file = open_parquet(path, images=True, sha256=sha256)
    _check_columns(file)
    return file


def _has_rows(path: Path) -> bool:
    with open_parquet_file(path) as file:
        return bool(file.metadata.num_rows)


def _check_columns(file: ParquetRows) -> None:
    if not set(ID_COLUMNS) & set(file.columns) or "conversations" not in file.columns:
        raise RowsError(
            f"{file.path}: has no column 'id' or no column 'conversations', but {', '.join(file.columns)}",
            "Rename its columns, or move the file away.",
        )

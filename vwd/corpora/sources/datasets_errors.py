"""What went wrong inside `datasets`, in one line: the file and row that it names, or else the first cause."""

from __future__ import annotations

import errno
import logging
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vwd.corpora.sources.csv_rows import open_csv
from vwd.corpora.sources.hub_client import one_line
from vwd.corpora.sources.jsonl import open_json, open_jsonl
from vwd.corpora.sources.kinds import kind_of
from vwd.corpora.sources.parquet import open_parquet
from vwd.corpora.sources.rows import Rows
from vwd.errors import OutputError, RowsError

_DISK_ERRORS = {
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST,
}  # fmt: skip


@contextmanager
def heard_errors(trouble: str = "") -> Iterator[list[str]]:
    """What `datasets` logs as errors in the block. It is not printed: it would stand beside our two lines.

    Args:
        trouble: why the hub is not asked. Warnings say it in place of "offline mode is enabled", and only when the
            block has succeeded.
    """
    import datasets  # noqa: F401 - it makes its handlers when it is imported

    heard: list[str] = []
    held: list[tuple[logging.Handler, logging.LogRecord]] = []

    def accepts(handler: logging.Handler) -> Callable[[logging.LogRecord], bool]:
        def keep(record: logging.LogRecord) -> bool:
            if record.levelno >= logging.ERROR:
                heard.append(record.getMessage())
            elif trouble:
                record.msg, record.args = record.getMessage().replace("offline mode is enabled", trouble), ()
                held.append((handler, record))
            return record.levelno < logging.ERROR and not trouble

        return keep

    filters = [(handler, accepts(handler)) for handler in logging.getLogger("datasets").handlers]
    for handler, keep in filters:
        handler.addFilter(keep)
    try:
        yield heard
        for handler, record in held:
            handler.emit(record)
    finally:
        for handler, keep in filters:
            handler.removeFilter(keep)


def cause_of(error: BaseException, heard: list[str]) -> str:
    """One line that says why rows could not be loaded or read."""
    for line in (line for message in reversed(heard) for line in message.splitlines()):
        if line.strip():
            return line.strip()
    return one_line(_first_cause(error)).rpartition("on the Hugging Face Hub either: ")[2]  # nobody meant a file


def disk_error(error: BaseException, rows: Path | None = None) -> OutputError | None:
    """Where the disk that `datasets` stores its rows on is to blame: what is wrong with it.

    Args:
        rows: the folder that they are read from; trouble in there is another matter.
    """
    import datasets

    cause: BaseException | None = error
    while cause is not None:
        read = rows and isinstance(cause, OSError) and str(cause.filename).startswith(str(rows))
        if isinstance(cause, OSError) and cause.errno in _DISK_ERRORS and not read:
            return OutputError(
                f"{cause.filename or datasets.config.HF_DATASETS_CACHE}: {cause.strerror}",
                "Free some space or fix the permissions, or name another folder in HF_HOME.",
            )
        cause = cause.__cause__
    return None


def damaged_file(folder: Path) -> RowsError | None:
    """What our own readers, which name file and row, find in a folder that `datasets` cannot load."""
    readers: dict[str, Callable[[Path], Rows]] = {
        "jsonl": open_jsonl, "ndjson": open_jsonl, "json": open_json, "parquet": open_parquet, "csv": open_csv,
    }  # fmt: skip
    for path in sorted(folder.rglob("*")):
        reader = readers.get(kind_of(path))
        if reader is None or not path.is_file():
            continue
        try:
            rows = reader(path)
            for _ in rows.read(0, rows.count or 0):
                pass
        except RowsError as error:
            return error
        except (OSError, ValueError, EOFError, zlib.error) as error:
            return RowsError(f"{path}: cannot be read: {one_line(error)}", "Copy the file again.")
    return None


def _first_cause(error: BaseException) -> BaseException:
    """Errors of `datasets` about a dataset's id speak for themselves; others only say that something failed."""
    from datasets.exceptions import DatasetGenerationError

    while isinstance(error, DatasetGenerationError | ConnectionError | FileNotFoundError) and error.__cause__:
        error = error.__cause__
    return error

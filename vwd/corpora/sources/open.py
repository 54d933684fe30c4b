"""Which source a corpus's rows come from: the file that is given, else a local copy, else the hub."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import cast

from vwd.corpora.registry import Corpus
from vwd.corpora.sources.csv_rows import open_csv
from vwd.corpora.sources.jsonl import open_jsonl
from vwd.corpora.sources.parquet import open_parquet
from vwd.corpora.sources.rows import Rows, file_errors
from vwd.errors import RowsError, UsageError
from vwd.limits import MAX_ROW_BYTES

BUILTIN = "builtin"
DEFAULT_BASE_DIR = Path("data")

_URL = re.compile(r"(?:^|/)[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
# What a path may lead to, besides a regular file.
_OTHERS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_rows(
    corpus: Corpus,
    rows: str = "",
    base_dir: Path = DEFAULT_BASE_DIR,
    streaming: bool = False,
    max_row_bytes: int = MAX_ROW_BYTES,
) -> Rows:
    """The rows of a corpus.

    Args:
        rows: a file, or "builtin" for the rows in the package, or "" for the local copy, else the hub.
        base_dir: where `vwd download` puts local copies.
        streaming: stream the hub's rows without storing them.
        max_row_bytes: the largest row that is read to learn a file's columns.

    Raises:
        UsageError: the corpus has no rows of that kind.
        RowsError: the file is missing, empty, broken, or of another kind.
        HubError: the hub is unreachable.
    """
    if rows == BUILTIN:
        return open_jsonl(_builtin(corpus))
    if rows:
        return open_file(Path(rows), max_row_bytes)
    if not corpus.hub_id:
        raise UsageError(f"'{corpus.name}' is not on the hub", "Give a file as `rows`.")
    from vwd.corpora.sources.hub import load_hub
    from vwd.corpora.sources.local import has_copy, open_copy

    if has_copy(base_dir, corpus.name) and not streaming:
        return open_copy(base_dir, corpus.name)
    return cast(Rows, load_hub(corpus, streaming))


def open_file(path: Path, max_row_bytes: int = MAX_ROW_BYTES) -> Rows:
    """The rows of a .jsonl, .jsonl.gz, .parquet or .csv file.

    Args:
        max_row_bytes: the largest row that is read to learn the columns.

    Raises:
        RowsError: it is missing, empty, broken, of another kind, or not a regular file.
    """
    endings: dict[str, Callable[[], object]] = {
        ".jsonl": lambda: open_jsonl(path, max_row_bytes),
        ".jsonl.gz": lambda: open_jsonl(path, max_row_bytes),
        ".parquet": lambda: open_parquet(path),
        ".csv": lambda: open_csv(path, max_row_bytes),
    }
    _check_regular(path, f"Give one of {', '.join(endings)}.")
    opener = next((open_it for ending, open_it in endings.items() if path.name.endswith(ending)), None)
    if opener is None:
        raise RowsError(f"{path}: unknown kind of rows file", f"Give one of {', '.join(endings)}.")
    with file_errors(path):
        return cast(Rows, opener())


def _check_regular(path: Path, hint: str) -> None:
    """A pipe would be waited for, and a device may have no end: the rows are read more than once, by several workers.

    Raises:
        RowsError: it is something else than a file, or does not exist.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if _URL.search(str(path)):
            raise RowsError(f"{path}: URLs are not read", "Download the file, and give its path as `rows`.") from error
        raise RowsError(f"{path}: {error.strerror or error}", "Check the path given as `rows`.") from error
    if not stat.S_ISREG(mode):
        kind = next((name for is_it, name in _OTHERS if is_it(mode)), "something else")
        raise RowsError(f"{path}: {kind}, not a regular file", hint)


def _builtin(corpus: Corpus) -> Path:
    path = Path(__file__).parent.parent / "builtin" / f"{corpus.name}.jsonl"
    if not path.is_file():
        raise UsageError(f"'{corpus.name}' has no built-in rows", "Give a file as `rows`.")
    return path

"""Which source a corpus's rows come from: the files that are given, else a local copy, else the hub."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from glob import glob, has_magic
from itertools import pairwise
from pathlib import Path
from typing import cast

from vwd.corpora.registry import Corpus
from vwd.corpora.sources.csv_rows import open_csv
from vwd.corpora.sources.folders import folder_files
from vwd.corpora.sources.jsonl import open_json, open_jsonl
from vwd.corpora.sources.kinds import kind_of
from vwd.corpora.sources.many import FileRows, ManyFiles
from vwd.corpora.sources.parquet import open_parquet
from vwd.corpora.sources.regular import check_regular, is_url
from vwd.corpora.sources.rows import Rows, file_errors
from vwd.corpora.sources.saved import is_saved, open_saved
from vwd.corpora.sources.text_file import TextForm
from vwd.errors import RowsError, UsageError
from vwd.limits import MAX_ROW_BYTES, MOST_ROW_FILES

BUILTIN = "builtin"
DEFAULT_BASE_DIR = Path("data")

_ENDINGS = ".jsonl, .jsonl.gz, .parquet, .csv, .tsv, .json or .ndjson; all but .parquet also as .gz or .zst"


def open_rows(
    corpus: Corpus,
    rows: str | Sequence[str] = "",
    base_dir: Path = DEFAULT_BASE_DIR,
    streaming: bool = False,
    max_row_bytes: int = MAX_ROW_BYTES,
    form: TextForm | None = None,
) -> Rows:
    """The rows of a corpus.

    Args:
        rows: files, folders and patterns of files, or "builtin" for the rows in the package, or nothing for the local
            copy, else the hub.
        base_dir: where `vwd download` puts local copies.
        streaming: stream the hub's rows without storing them.
        max_row_bytes: the largest row that is read to learn a file's columns.
        form: how text files are to be read.

    Raises:
        UsageError: the corpus has no rows of that kind.
        RowsError: a file is missing, empty, broken, or of another kind.
        HubError: the hub is unreachable.
    """
    given = [rows] * bool(rows) if isinstance(rows, str) else list(rows)
    if BUILTIN in given:
        if len(given) > 1:
            raise UsageError("`rows` builtin beside other rows", "Give either.")
        return open_jsonl(_builtin(corpus))
    if given:
        return open_given(given, corpus, max_row_bytes, form)
    if not corpus.hub_id:
        raise UsageError(f"'{corpus.name}' is not on the hub", "Give a file as `rows`.")
    from vwd.corpora.sources.hub import load_hub
    from vwd.corpora.sources.local import has_copy, open_copy

    if has_copy(base_dir, corpus.name) and not streaming:
        return open_copy(base_dir, corpus.name, split=corpus.split)
    return cast(Rows, load_hub(corpus, streaming))


def open_given(
    given: Sequence[str], corpus: Corpus, max_row_bytes: int = MAX_ROW_BYTES, form: TextForm | None = None
) -> Rows:
    """The rows of files, of all files in folders, and of those that match patterns, in order of their paths.

    Raises:
        RowsError: one is missing, empty, broken, of another kind or given twice, or nothing matches.
    """
    saved = [path for path in map(Path, given) if is_saved(path)]
    if saved and len(given) == 1:
        return open_saved(saved[0], corpus.split)
    if saved:
        raise RowsError(f"{saved[0]}: a saved dataset, beside other rows", "Give it alone as `rows`.")
    found = sorted((absolute(path), path) for one in given for path in _find(one, corpus))
    if len(found) > MOST_ROW_FILES:
        raise RowsError(f"{len(found):,} files of rows, more than {MOST_ROW_FILES:,}", "Join some of them.")
    for (one, path), (other, _) in pairwise(found):
        if one == other:
            raise RowsError(f"{path}: is given twice as `rows`", "Give every file once.")
    files = tuple(open_file(path, max_row_bytes, form) for _, path in found)
    return files[0] if len(files) == 1 else ManyFiles(files)


def _find(given: str, corpus: Corpus) -> list[Path]:
    """The files that one path or pattern means."""
    path = Path(given)
    with file_errors(path):
        if path.is_dir():
            return folder_files(path, corpus)
        if path.exists() or not has_magic(given) or is_url(given):
            return [path]
        found = [one for name in _glob(given) if not (one := Path(name)).is_dir()]
    if not found:
        raise RowsError(f"{given}: no file matches this pattern", "Check the pattern given as `rows`.")
    return found


def _glob(pattern: str) -> list[str]:
    return glob(pattern, recursive=True)  # noqa: PTH207 - pathlib's takes no absolute patterns


def absolute(path: str | Path) -> str:
    """A path or pattern from the root on. Links stay: in a cache of the hub they have the names, and not the files."""
    return os.path.abspath(path)  # noqa: PTH100 - pathlib follows links, or leaves ".." in


def open_file(path: Path, max_row_bytes: int = MAX_ROW_BYTES, form: TextForm | None = None) -> FileRows:
    """The rows of one file, whose ending in any case tells its kind.

    Args:
        max_row_bytes: the largest row that is read to learn the columns.
        form: how a text file is to be read.

    Raises:
        RowsError: it is missing, empty, broken, of another kind, or not a regular file.
    """
    check_regular(path, f"Give one of {_ENDINGS}.")
    form = form or TextForm()
    openers: dict[str, Callable[[], FileRows]] = {
        "jsonl": lambda: open_jsonl(path, max_row_bytes, form.encoding),
        "ndjson": lambda: open_jsonl(path, max_row_bytes, form.encoding),
        "json": lambda: open_json(path, max_row_bytes, form.encoding),
        "csv": lambda: open_csv(path, max_row_bytes, form),
        "tsv": lambda: open_csv(path, max_row_bytes, form, "\t"),
        "parquet": lambda: open_parquet(path),
    }
    opener = openers.get(kind_of(path))
    if opener is None:
        raise RowsError(f"{path}: unknown kind of rows file", f"Give one of {_ENDINGS}.")
    with file_errors(path):
        return opener()


def _builtin(corpus: Corpus) -> Path:
    path = Path(__file__).parent.parent / "builtin" / f"{corpus.name}.jsonl"
    if not path.is_file():
        raise UsageError(f"'{corpus.name}' has no built-in rows", "Give a file as `rows`.")
    return path

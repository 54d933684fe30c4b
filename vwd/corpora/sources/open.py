"""Which source a corpus's rows come from: the file that is given, else a local copy, else the hub."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from vwd.corpora.registry import Corpus
from vwd.corpora.sources.jsonl import open_jsonl
from vwd.corpora.sources.rows import Rows
from vwd.corpora.sources.tables import open_csv, open_parquet
from vwd.errors import RowsError, UsageError

BUILTIN = "builtin"
DEFAULT_BASE_DIR = Path("data")


def open_rows(corpus: Corpus, rows: str = "", base_dir: Path = DEFAULT_BASE_DIR, streaming: bool = False) -> Rows:
    """The rows of a corpus.

    Args:
        rows: a file, or "builtin" for the rows in the package, or "" for the local copy, else the hub.
        base_dir: where `vwd download` puts local copies.
        streaming: stream the hub's rows without storing them.

    Raises:
        UsageError: the corpus has no rows of that kind.
        RowsError: the file is missing, empty, broken, or of another kind.
        HubError: the hub is unreachable.
    """
    if rows == BUILTIN:
        return open_jsonl(_builtin(corpus))
    if rows:
        return open_file(Path(rows))
    if not corpus.hub_id:
        raise UsageError(f"'{corpus.name}' is not on the hub", "Give a file as `rows`.")
    from vwd.corpora.sources.hub import load_hub
    from vwd.corpora.sources.local import has_copy, open_copy

    if has_copy(base_dir, corpus.name) and not streaming:
        return open_copy(base_dir, corpus.name)
    return cast(Rows, load_hub(corpus, streaming))


def open_file(path: Path) -> Rows:
    """The rows of a .jsonl, .jsonl.gz, .parquet or .csv file.

    Raises:
        RowsError: it is missing, empty, broken, or of another kind.
    """
    endings = {".jsonl": open_jsonl, ".jsonl.gz": open_jsonl, ".parquet": open_parquet, ".csv": open_csv}
    opener = next((open_it for ending, open_it in endings.items() if path.name.endswith(ending)), None)
    if opener is None:
        raise RowsError(f"{path}: unknown kind of rows file", f"Give one of {', '.join(endings)}.")
    try:
        return cast(Rows, opener(path))
    except OSError as error:
        raise RowsError(f"{path}: {error.strerror or error}", "Check the path given as `rows`.") from error


def _builtin(corpus: Corpus) -> Path:
    path = Path(__file__).parent.parent / "builtin" / f"{corpus.name}.jsonl"
    if not path.is_file():
        raise UsageError(f"'{corpus.name}' has no built-in rows", "Give a file as `rows`.")
    return path

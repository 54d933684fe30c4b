"""Local copies of corpora, memory-mapped; `download` makes them where there is internet."""

from __future__ import annotations

import json
from pathlib import Path

from vwd.corpora.sources.datasets_errors import cause_of
from vwd.corpora.sources.hub_rows import DatasetRows
from vwd.corpora.sources.saved import is_saved, open_saved
from vwd.errors import OutputError, VwdError

# Inside the copy, so that one rename publishes both.
IDENTITY_FILE = "vwd_source.json"
# To open a copy that downloads replace all the time.
_ATTEMPTS = 100


def copy_path(base_dir: Path, corpus: str) -> Path:
    """Where the local copy of a corpus is: `<base>/<dataset>/dataset`."""
    return base_dir / corpus / "dataset"


def has_copy(base_dir: Path, corpus: str) -> bool:
    """Whether there is a local copy of a corpus.

    Raises:
        OutputError: the folder may not be read.
    """
    path = copy_path(base_dir, corpus)
    try:
        return (path / IDENTITY_FILE).is_file() or is_saved(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def open_copy(base_dir: Path, corpus: str, if_damaged: str = "", split: str = "train") -> DatasetRows:
    """The local copy's rows, memory-mapped: every row costs the same. A dataset that was saved there is one, too.

    It is all of one copy, even if a download puts another in its place meanwhile.

    Args:
        if_damaged: the hint where it is damaged, in place of the usual one.
        split: the one to take where a dataset with several was saved there.

    Raises:
        OutputError: the copy is damaged, may not be read, or is replaced all the time.
        RowsError: the same of a dataset that was saved there.
    """
    path = copy_path(base_dir, corpus)
    hint = if_damaged or (f"Run 'vwd download `dataset` {corpus} `base_dir` {base_dir} `force`' to replace it.")
    for _ in range(_ATTEMPTS):
        before = _version(path)
        try:
            rows = _read(path, hint) if (path / IDENTITY_FILE).is_file() else open_saved(path, split)
        except VwdError:
            if _version(path) == before:
                raise
        else:
            if _version(path) == before:
                return rows
    raise OutputError(
        f"{path}: was replaced {_ATTEMPTS} times in a row while it was read", "Let the downloads end, and run again."
    )


def _version(path: Path) -> tuple[int, int] | None:
    """Which folder stands at a path; None for no folder."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_ctime_ns


def _read(path: Path, if_damaged: str) -> DatasetRows:
    import datasets

    try:
        identity = json.loads((path / IDENTITY_FILE).read_text("utf-8"))
        if not isinstance(identity, dict) or not all(isinstance(value, str) for value in identity.values()):
            raise ValueError(f"{IDENTITY_FILE} does not say what was copied")
        rows = datasets.load_from_disk(str(path))
        if not isinstance(rows, datasets.Dataset):
            raise ValueError(f"a {type(rows).__name__}")
    except PermissionError as error:
        raise _unreadable(path, error) from error
    except Exception as error:  # datasets and pyarrow raise whatever they meet in its files
        raise OutputError(f"{path}: the local copy is damaged: {cause_of(error, [])}", if_damaged) from error
    return DatasetRows(rows, identity)


def _unreadable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{error.filename or path}: cannot be read: {error.strerror}",
        "Fix the permissions, or choose another `base_dir`.",
    )

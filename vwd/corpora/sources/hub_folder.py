"""A folder of files that stands in for a dataset on the hub."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from vwd.corpora.registry import Corpus
from vwd.corpora.sources.datasets_errors import cause_of, damaged_file, disk_error, heard_errors
from vwd.corpora.sources.hub_rows import DatasetRows, StreamRows, load_rows
from vwd.errors import RowsError
from vwd.storage.hashing import sha256_file
from vwd.storage.names import require_utf8


def find_folder(name: str) -> Path | None:
    """The folder of this name, if there is one."""
    with suppress(OSError, RuntimeError):  # no permission, too long a name, or the home of a user that is unknown
        folder = Path(name).expanduser()
        return folder if folder.is_dir() else None
    return None


def load_folder(corpus: Corpus, folder: Path, streaming: bool, variable: str) -> DatasetRows | StreamRows:
    """The corpus's split from a folder.

    Args:
        variable: names the folder.

    Raises:
        UsageError: the folder's name is not UTF-8.
        RowsError: the folder, or a file in it, cannot be read.
        OutputError: there is no space for the cache, or no permission.
    """
    folder = folder.resolve()
    require_utf8(folder, f"Rename it, or name another folder in {variable}.")
    try:
        identity = {"kind": "folder", "sha256": _folder_hash(folder), "split": corpus.split}
    except OSError as error:
        raise RowsError(
            f"{error.filename or folder}: {error.strerror or error}",
            f"Check its permissions, or name another folder in {variable}.",
        ) from error
    with heard_errors() as heard:
        try:
            return load_rows(corpus, str(folder), None, None, identity, streaming)
        except Exception as error:  # datasets, fsspec and pyarrow raise their own
            what = f"the folder {folder} cannot be read as rows: {cause_of(error, heard)}"
            hint = f"Mend its files, or name another folder in {variable}."
            raise disk_error(error, folder) or damaged_file(folder) or RowsError(what, hint) from error


def _folder_hash(folder: Path) -> str:
    """One hash over the names and contents of a folder's files, in order of name."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{sha256_file(path)}\0".encode())
    return digest.hexdigest()

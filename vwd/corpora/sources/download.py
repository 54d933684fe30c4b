"""Making local copies of corpora: whole or not at all, by several processes at once if need be."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vwd.corpora.registry import Corpus
from vwd.corpora.sources.datasets_errors import cause_of
from vwd.corpora.sources.hub import load_hub
from vwd.corpora.sources.hub_rows import DatasetRows
from vwd.corpora.sources.local import IDENTITY_FILE, copy_path, has_copy, open_copy
from vwd.errors import OutputError
from vwd.storage.atomic import fsync_folder
from vwd.storage.folders import place_folder, remove_stale_folders, replace_folder, temporary_folder


def download_corpus(corpus: Corpus, base_dir: Path, force: bool = False) -> tuple[DatasetRows, bool]:
    """Makes the local copy of a corpus, unless it exists already.

    It is written beside its final name and then renamed, so that an interrupted download leaves no partial copy.
    Several at once all succeed: the first one's copy stays or, with `force`, the last one's.

    Returns:
        The copy's rows, and whether it is new.

    Raises:
        HubError: the hub is unreachable.
        RowsError: the folder that stands in for the hub cannot be read.
        OutputError: the folder cannot be written, holds something else, or a damaged copy.
    """
    path = Path(os.path.realpath(copy_path(base_dir, corpus.name)))  # a link of the user's stays
    fresh = False
    with _write_errors(path):
        remove_stale_folders(path)
        if force or not has_copy(base_dir, corpus.name):
            _check_place(path)
            fresh = _download(corpus, path, force)
    return open_copy(base_dir, corpus.name, "Run it again with `force` to replace it.", corpus.split), fresh


def _download(corpus: Corpus, path: Path, force: bool) -> bool:
    """Whether what was downloaded is now the copy, and not what another process has downloaded meanwhile."""
    with temporary_folder(path) as new:
        rows = load_hub(corpus, downloading=True)
        try:
            rows.dataset.save_to_disk(str(new))
        except (ValueError, KeyError, TypeError, RuntimeError) as error:  # pyarrow's, of what the cache holds
            raise OutputError(
                f"the rows of {corpus.name} cannot be copied: {cause_of(error, [])}",
                "Remove them from the cache of 'datasets' (HF_HOME), and run it again.",
            ) from error
        (new / IDENTITY_FILE).write_text(json.dumps(rows.identity, indent=1), "utf-8")
        _sync(new)
        if force:
            replace_folder(new, path)
        elif not place_folder(new, path):
            return False
        fsync_folder(path.parent)
    return True


def _check_place(path: Path) -> None:
    """Refuses to replace what is no copy: it may be all that the user has of something."""
    if not path.exists() or (path / IDENTITY_FILE).is_file():
        return
    if not path.is_dir() or any(path.iterdir()):
        raise OutputError(
            f"{path}: cannot be written: what is there was not made by 'vwd download'",
            "Move it away, or choose another `base_dir`.",
        )


@contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{error.filename or path}: cannot be written: {error.strerror or error}",
            "Free some space or fix the permissions, or choose another `base_dir`.",
        ) from error


def _sync(folder: Path) -> None:
    """Makes a folder's files survive a power cut."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            fsync_folder(path)
    fsync_folder(folder)

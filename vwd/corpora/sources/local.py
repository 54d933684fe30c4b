"""Local copies of corpora: downloaded once where there is internet, memory-mapped everywhere else."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from vwd.corpora.registry import Corpus
from vwd.corpora.sources.hub import DatasetRows, load_hub
from vwd.errors import OutputError

# Inside the copy, so that one rename publishes both.
_IDENTITY_FILE = "vwd_source.json"


def copy_path(base_dir: Path, corpus: str) -> Path:
    """Where the local copy of a corpus is: `<base>/<dataset>/dataset`."""
    return base_dir / corpus / "dataset"


def has_copy(base_dir: Path, corpus: str) -> bool:
    return (copy_path(base_dir, corpus) / _IDENTITY_FILE).is_file()


def open_copy(base_dir: Path, corpus: str) -> DatasetRows:
    """The local copy's rows, memory-mapped: every row costs the same.

    Raises:
        OutputError: the copy is damaged.
    """
    import datasets

    path = copy_path(base_dir, corpus)
    try:
        identity = json.loads((path / _IDENTITY_FILE).read_text("utf-8"))
        return DatasetRows(datasets.load_from_disk(str(path)), identity)
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{path}: the local copy is damaged: {str(error).splitlines()[0]}",
            f"Run 'vwd download `dataset` {corpus} `base_dir` {base_dir} `force`' to replace it.",
        ) from error


def download_corpus(corpus: Corpus, base_dir: Path, force: bool = False) -> tuple[DatasetRows, bool]:
    """Makes the local copy of a corpus, unless it exists already.

    It is written beside its final name and then renamed, so that an interrupted download leaves no partial copy.

    Returns:
        The copy's rows, and whether it is new.

    Raises:
        HubError: the hub is unreachable.
        OutputError: the folder cannot be written.
    """
    if has_copy(base_dir, corpus.name) and not force:
        return open_copy(base_dir, corpus.name), False
    path = copy_path(base_dir, corpus.name)
    rows = load_hub(corpus)
    new, old = path.with_name(".dataset.new"), path.with_name(".dataset.old")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(new)
        rows.dataset.save_to_disk(str(new))
        (new / _IDENTITY_FILE).write_text(json.dumps(rows.identity, indent=1), "utf-8")
        _sync(new)
        if path.exists():
            _remove(old)
            path.rename(old)
        new.rename(path)
        _remove(old)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written: {error.strerror or error}", "Free some space, or choose another `base_dir`."
        ) from error
    return open_copy(base_dir, corpus.name), True


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""A folder of files that stands in for a dataset on the hub."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from vwd.corpora.registry import Corpus
from vwd.corpora.sources.datasets_errors import cause_of, damaged_file, disk_error, heard_errors
from vwd.corpora.sources.folders import card_configs, choose_config, config_folder
from vwd.corpora.sources.hub_rows import DatasetRows, StreamRows, load_rows
from vwd.corpora.sources.many import files_identity
from vwd.corpora.sources.regular import check_regular
from vwd.corpora.sources.saved import is_saved, open_saved
from vwd.errors import RowsError, VwdError
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
    with heard_errors() as heard:
        try:
            return open_saved(folder, corpus.split) if is_saved(folder) else _load(corpus, folder, streaming)
        except Exception as error:  # datasets, fsspec and pyarrow raise their own
            if isinstance(error, VwdError):
                raise
            what = f"the folder {folder} cannot be read as rows: {cause_of(error, heard)}"
            hint = f"Mend its files, or name another folder in {variable}."
            raise disk_error(error, folder) or damaged_file(folder) or RowsError(what, hint) from error


def _load(corpus: Corpus, folder: Path, streaming: bool) -> DatasetRows | StreamRows:
    declared = card_configs(folder)
    config = choose_config(folder, corpus, declared).name if declared else None
    folder = folder if declared else config_folder(folder, corpus)
    identity = {
        "kind": "folder", "sha256": _hash(_data_files(folder, config, corpus.split)), "split": corpus.split
    }  # fmt: skip
    return load_rows(corpus, str(folder), config, None, identity, streaming)


def _data_files(folder: Path, config: str | None, split: str) -> list[Path]:
    """The files that `datasets` reads a split from, in its order; hidden files and cards are none of them."""
    import datasets

    files = datasets.load_dataset_builder(str(folder), config).config.data_files or {}
    if not files.get(split):
        raise RowsError(
            f"{folder}: holds the splits {', '.join(map(str, files)) or 'none'}, and no {split}",
            "Give the files as `rows`, or name them so that their split shows.",
        )
    found = [Path(path) for path in files[split]]
    for path in found:
        check_regular(path, "Put a file in its place, or name another folder.")
    return found


def _hash(files: list[Path]) -> str:
    """One hash over what files hold, in order: names and times make no difference."""
    return files_identity([{"kind": "file", "sha256": sha256_file(path)} for path in files])["sha256"]

"""Folders that `datasets` has saved: one dataset, or one for each split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vwd.corpora.sources.datasets_errors import cause_of
from vwd.corpora.sources.hub_rows import DatasetRows
from vwd.corpora.sources.many import files_identity
from vwd.corpora.sources.regular import check_regular
from vwd.corpora.sources.rows import file_errors
from vwd.errors import RowsError
from vwd.limits import LARGEST_CARD
from vwd.storage.hashing import sha256_file
from vwd.storage.regular import read_regular

STATE_FILE, INFO_FILE, SPLITS_FILE = "state.json", "dataset_info.json", "dataset_dict.json"
_HINT = "Save it again with datasets' save_to_disk."


def is_saved(folder: Path) -> bool:
    """Whether a folder is what `save_to_disk` makes."""
    return (folder / STATE_FILE).is_file() or (folder / SPLITS_FILE).is_file()


def open_saved(folder: Path, split: str) -> DatasetRows:
    """The rows of a saved dataset, memory-mapped.

    Args:
        split: the one to take where it holds several.

    Raises:
        RowsError: it is damaged, empty, or has no such split; names those that it has.
    """
    import datasets

    if (folder / SPLITS_FILE).is_file():
        folder = _split_folder(folder, split)
    files = _data_files(folder)
    for path in (folder / INFO_FILE, *files):
        check_regular(path, _HINT)
    with file_errors(folder):
        identities = [{"kind": "arrow", "sha256": sha256_file(path)} for path in files]
    try:
        rows = datasets.load_from_disk(str(folder))
        if not isinstance(rows, datasets.Dataset):
            raise ValueError(f"a {type(rows).__name__}")
    except Exception as error:  # datasets and pyarrow raise whatever they meet in its files
        raise RowsError(f"{folder}: the saved dataset is damaged: {cause_of(error, [])}", _HINT) from error
    if not len(rows):
        raise RowsError(f"{folder} has no rows", "Give a dataset with at least one row.")
    return DatasetRows(rows, files_identity(identities))


def _split_folder(folder: Path, split: str) -> Path:
    splits = _read(folder / SPLITS_FILE).get("splits")
    if not isinstance(splits, list) or not all(isinstance(name, str) for name in splits):
        raise RowsError(f"{folder / SPLITS_FILE}: names no splits", _HINT)
    if split not in splits:
        raise RowsError(
            f"{folder}: holds the splits {', '.join(splits)}, and no {split}",
            "Give the folder of one of them as `rows`.",
        )
    return folder / split


def _data_files(folder: Path) -> list[Path]:
    listed = _read(folder / STATE_FILE).get("_data_files")
    try:
        return [folder / str(one["filename"]) for one in listed or []]
    except (TypeError, KeyError) as error:
        raise RowsError(f"{folder / STATE_FILE}: names no files", _HINT) from error


def _read(path: Path) -> dict[str, Any]:
    with file_errors(path):
        try:
            content = json.loads(read_regular(path, LARGEST_CARD))
        except (ValueError, RecursionError) as error:
            raise RowsError(f"{path}: cannot be read: {error}", _HINT) from error
    if not isinstance(content, dict):
        raise RowsError(f"{path}: cannot be read: not a JSON object", _HINT)
    return content

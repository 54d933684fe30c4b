"""Every file name of an output folder, and finding the outputs and shards that exist. Nobody else builds a name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from vwd.errors import OutputError, VwdError
from vwd.limits import LARGEST_CONTRACT
from vwd.storage.errors import reading_errors, storage_errors
from vwd.storage.objects import exists, listing
from vwd.storage.regular import read_regular, real_path
from vwd.storage.tempfiles import default_staging_folder
from vwd.storage.urls import is_remote


class _Named(msgspec.Struct):
    dataset: Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9%][A-Za-z0-9_%-]*)?\Z", max_length=200)] = ""


_NAMED = msgspec.json.Decoder(_Named)

CONTRACT_FILE = "pack.json"
LEDGER_FOLDER = "ledger"
# Where contracts and ledgers are whose tars lie side by side in the output folder itself.
PROGRESS_FOLDER = ".progress"


@dataclass(frozen=True)
class OutputPaths:
    """The files of one dataset in an output folder: `<out>/<dataset>/…`.

    Attributes:
        out: a folder, or a location in object storage (see `vwd.storage.urls.parse_path`).
        staging: a local folder where files are written before they are uploaded; one in TMPDIR by default.
        folder_name: of a folder that was renamed; by default the dataset's.
        flat: the tars are `<out>/<dataset>_000000.tar`, beside those of other datasets; all else is in
            `<out>/.progress/<dataset>`. Not in object storage.
    """

    out: Path
    dataset: str
    staging: Path | None = None
    folder_name: str = ""
    flat: bool = False

    @property
    def folder(self) -> Path:
        base = self.out / PROGRESS_FOLDER if self.flat else self.out
        return base / (self.folder_name or self.dataset)

    @property
    def contract(self) -> Path:
        return self.folder / CONTRACT_FILE

    @property
    def summary(self) -> Path:
        return self.folder / "summary.json"

    @property
    def ledger(self) -> Path:
        return self.folder / LEDGER_FOLDER

    @property
    def temp(self) -> Path:
        """Where files are before they are complete. On the same file system, so that a rename is one step."""
        if is_remote(self.out):
            return self.staging or default_staging_folder()
        return self.folder / ".tmp"

    def shard_name(self, number: int) -> str:
        return f"{self.dataset}{self._separator}{number:06d}"

    @property
    def _separator(self) -> str:
        return "_" if self.flat else "-"

    @property
    def tars(self) -> Path:
        """The folder of the tars."""
        return self.out if self.flat else self.folder

    def tar(self, number: int) -> Path:
        return self.tars / f"{self.shard_name(number)}.tar"

    def numbers(self, names: Iterable[str], ending: str) -> list[int]:
        """The numbers of the files that are named as this dataset's shards are, rising."""
        pattern = re.compile(rf"{re.escape(self.dataset)}{self._separator}(\d{{6,}}){re.escape(ending)}")
        found = map(pattern.fullmatch, names)
        return sorted(int(name[1]) for name in found if name)

    def entry(self, number: int) -> Path:
        return self.ledger / f"{self.shard_name(number)}.json"


def sample_video_path(dataset: str, key: str) -> str:
    """Where a sample's video is after an export, relative to the export's base folder."""
    return f"{dataset}/video/{key}.mp4"


def find_outputs(path: Path) -> list[OutputPaths]:
    """The datasets below `path`, a base folder or one dataset's folder, by name. Each has a `pack.json`, or tars.

    Raises:
        OutputError: there is none, or a folder cannot be read.
    """
    with reading_errors(path):
        if _is_output(path):
            return [output_at(real_path(path))]
        found = sorted(child for child in _children(path) if _is_output(child))
        found += sorted(child for child in _children(path / PROGRESS_FOLDER) if _is_output(child))
    if not found:
        raise OutputError(
            f"{path}: no packed dataset in this folder",
            "Pack one with 'vwd pack gsm8k', or give the folder that was its `out`.",
        )
    return [output_at(child) for child in found]


def output_at(folder: Path) -> OutputPaths:
    """The output in a dataset's folder. Its contract names the dataset, since folders are renamed."""
    with suppress(OSError, ValueError, RecursionError, VwdError):
        with storage_errors(folder / CONTRACT_FILE):
            data = read_regular(folder / CONTRACT_FILE, LARGEST_CONTRACT)
        dataset = _NAMED.decode(data).dataset
        if dataset and folder.parent.name == PROGRESS_FOLDER:
            return OutputPaths(folder.parent.parent, dataset, folder_name=folder.name, flat=True)
        if dataset and dataset != folder.name:
            return OutputPaths(folder.parent, dataset, folder_name=folder.name)
    return OutputPaths(folder.parent, folder.name)


def entry_numbers(paths: OutputPaths) -> list[int]:
    """The numbers of the shards that have a ledger entry, rising."""
    return paths.numbers(_files(paths.ledger), ".json")


def tar_numbers(paths: OutputPaths) -> list[int]:
    """The numbers of the tars in a dataset's folder, in the ledger or not, rising."""
    return paths.numbers(_files(paths.tars), ".tar")


def _files(folder: Path) -> list[str]:
    """The names of the files in a folder; none where it does not exist."""
    if is_remote(folder):
        return list(listing(folder))
    with reading_errors(folder):
        return [file.name for file in folder.iterdir()] if folder.is_dir() else []


def _children(path: Path) -> list[Path]:
    if is_remote(path):
        return [path / name for name, size in listing(path).items() if size is None]
    return list(path.iterdir()) if path.is_dir() else []


def _is_output(path: Path) -> bool:
    if is_remote(path):
        # A bucket itself has no name that its tars could begin with.
        return bool(path.name) and (
            exists(path / CONTRACT_FILE) or bool(tar_numbers(OutputPaths(path.parent, path.name)))
        )
    return (path / CONTRACT_FILE).is_file() or any(path.glob(f"{real_path(path).name}-*.tar"))

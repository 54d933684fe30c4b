"""What a `vwd verify --decode` or `--read` that was stopped has found clean, so that the next one resumes there.

A small file for each shard, beside the ledger and written as its entries are. It counts only for the bytes whose sha256
it names, which every run computes anew: a tar that changed is decoded and read again. A run that ends removes them.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vwd
from vwd.limits import LARGEST_SIDECAR
from vwd.shards.paths import OutputPaths
from vwd.storage.atomic import atomic_write, json_bytes
from vwd.storage.regular import read_regular
from vwd.storage.urls import is_remote

FOLDER = ".verified"


@dataclass(frozen=True)
class Checked:
    """The shards of an output that were checked as thoroughly as this.

    Attributes:
        how: the checks, and of what share of the samples.
        keeps: whether anything is kept: not in object storage, nor where nothing may be written.
    """

    paths: OutputPaths
    how: dict[str, Any]
    keeps: bool

    def has(self, number: int, sha256: str) -> bool:
        """Whether a tar with these bytes was found clean."""
        if not self.keeps:
            return False
        try:
            found = json.loads(read_regular(self._file(number), LARGEST_SIDECAR))
        except (OSError, ValueError, RecursionError):
            return False
        return bool(found == self._record(sha256))

    def add(self, number: int, sha256: str) -> None:
        """Keeps that a tar with these bytes is clean."""
        if self.keeps:
            with atomic_write(self._file(number), self.paths.temp) as file:
                file.write(json_bytes(self._record(sha256)))

    def clear(self) -> None:
        """Removes what was kept, after a run that has come to its end."""
        folder = self.paths.folder / FOLDER
        if not self.keeps or folder.is_symlink() or not folder.is_dir():
            return
        for number in self.paths.numbers([path.name for path in folder.iterdir()], ".json"):
            with suppress(FileNotFoundError):  # another run ends at the same time
                self._file(number).unlink()
        with suppress(OSError):  # what others put there stays
            folder.rmdir()

    def _file(self, number: int) -> Path:
        return self.paths.folder / FOLDER / f"{self.paths.shard_name(number)}.json"

    def _record(self, sha256: str) -> dict[str, Any]:
        return {"sha256": sha256, **self.how, "version": vwd.__version__}


def open_checked(paths: OutputPaths, how: dict[str, Any]) -> Checked:
    """What was kept of an output.

    Args:
        how: the checks; empty where none is to be kept.
    """
    keeps = bool(how) and not is_remote(paths.folder) and os.access(paths.folder, os.W_OK)
    return Checked(paths, how, keeps)

"""Every file name of an output folder; nobody else builds one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vwd.shards.location import default_staging, is_remote


@dataclass(frozen=True)
class OutputPaths:
    """The files of one dataset in an output folder: `<out>/<dataset>/…`.

    Attributes:
        out: a folder, or a place in object storage (see `vwd.shards.location.output_path`).
        staging: a local folder where files are before they are uploaded; one in TMPDIR by default.
    """

    out: Path
    dataset: str
    staging: Path | None = None

    @property
    def folder(self) -> Path:
        return self.out / self.dataset

    @property
    def contract(self) -> Path:
        return self.folder / "pack.json"

    @property
    def summary(self) -> Path:
        return self.folder / "summary.json"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    @property
    def temp(self) -> Path:
        """Where files are before they are whole. On the same file system, so that a rename is one step."""
        if is_remote(self.out):
            return self.staging or default_staging()
        return self.folder / ".tmp"

    def shard_name(self, number: int) -> str:
        return f"{self.dataset}-{number:06d}"

    def tar(self, number: int) -> Path:
        return self.folder / f"{self.shard_name(number)}.tar"

    def entry(self, number: int) -> Path:
        return self.ledger / f"{self.shard_name(number)}.json"


def sample_key(dataset: str, index: int) -> str:
    """The key of a row's sample, the same in every packing."""
    return f"{dataset}_{index:06d}"


def sample_video_path(dataset: str, key: str) -> str:
    """Where a sample's video is after an export, relative to the export's base folder."""
    return f"{dataset}/video/{key}.mp4"

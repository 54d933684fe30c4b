"""The folder that an export fills: videos, and files that list them. What exists already is left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vwd.errors import ContractError
from vwd.export.selection import Selection
from vwd.shards.paths import OutputPaths, sample_video_path
from vwd.shards.reader import StoredSample
from vwd.storage.atomic import atomic_write, atomic_write_if_changed, create_if_absent, fsync_folder, json_bytes
from vwd.storage.errors import output_errors
from vwd.storage.objects import read_if_exists
from vwd.storage.tempfiles import remove_stale

# In the export's folder: which output it is of.
_RECORD = ".vwd-export.json"


@dataclass(frozen=True)
class ExportResult:
    """What an export did: files written, videos that existed already, and shards that it had to leave out."""

    dataset: str
    written: int
    unchanged: int
    samples: int
    left_out: tuple[str, ...]


class ExportFolder:
    """`<base>/<dataset>` while it is filled, with counts of the files written and of those that needed no writing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.temp = path / ".tmp"
        self.written = self.unchanged = self.samples = 0

    def video(self, key: str) -> Path:
        """Where a sample's video is."""
        return self.path.parent / sample_video_path(self.path.name, key)

    def unpack(self, sample: StoredSample) -> Path:
        """Writes a sample's video, unless one of the same size exists. Returns its path."""
        path = self.video(sample.key)
        self.samples += 1
        if path.is_file() and path.stat().st_size == sample.members["mp4"].size:
            self.unchanged += 1
            return path
        # `listings` makes the names of all videos survive a power cut, before it names any of them.
        with self.write(path, sync_parent=False) as file:
            file.write(sample.read("mp4"))
        return path

    @contextmanager
    def listings(self, names: Sequence[str]) -> Iterator[list[IO[bytes]]]:
        """Files that name the videos unpacked meanwhile; they appear when the block ends without an error."""
        videos = self.video("").parent
        videos.mkdir(parents=True, exist_ok=True)
        with ExitStack() as files:
            yield [
                files.enter_context(atomic_write_if_changed(self.path / name, self.temp, self._count)) for name in names
            ]
            fsync_folder(videos)

    @contextmanager
    def write(self, path: Path, sync_parent: bool = True) -> Iterator[IO[bytes]]:
        """A file that appears when the block ends without an error."""
        with atomic_write(path, self.temp, sync_parent) as file:
            yield file
        self._count()

    def result(self, selection: Selection) -> ExportResult:
        dataset = selection.paths.dataset
        return ExportResult(dataset, self.written, self.unchanged, self.samples, selection.left_out)

    def _count(self) -> None:
        self.written += 1


@contextmanager
def export_folder(base_dir: Path, paths: OutputPaths) -> Iterator[ExportFolder]:
    """The folder of a dataset's export, created where it does not exist.

    Raises:
        OutputError: it cannot be written.
        ContractError: it holds the export of another output of this name.
    """
    folder = ExportFolder((base_dir / paths.dataset).resolve())
    with output_errors(folder.path, "and run again, or give another `base_dir`."):
        folder.path.mkdir(parents=True, exist_ok=True)
        remove_stale(folder.temp)
        _claim(folder, paths)
        yield folder
        remove_stale(folder.temp)


def _claim(folder: ExportFolder, paths: OutputPaths) -> None:
    """Records which output a folder holds; the lists of another one would name videos that are not theirs."""
    contract = read_if_exists(paths.contract)
    mark = hashlib.sha256(contract).hexdigest() if contract else "none"
    record = folder.path / _RECORD
    data = json_bytes({"contract_sha256": mark})
    if create_if_absent(record, data, folder.temp):
        return
    if read_if_exists(record) != data:
        raise ContractError(
            f"{folder.path} holds the export of another output named {paths.dataset}",
            "Give another `base_dir`, or remove that folder first.",
        )

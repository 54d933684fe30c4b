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
from vwd.storage.names import require_utf8
from vwd.storage.objects import read_if_exists
from vwd.storage.regular import real_path
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

    def __init__(self, path: Path, record: bytes = b"") -> None:
        self.path, self._record = path, record
        self.temp = path / ".tmp"
        self.written = self.unchanged = self.samples = 0
        self._claimed = False

    def check_record(self) -> bool:
        """Whether the folder is recorded as this output's; the lists of another one would name videos not theirs.

        Raises:
            ContractError: it is recorded as another output's.
        """
        existing = read_if_exists(self.path / _RECORD)
        if existing not in (None, self._record):
            raise ContractError(
                f"{self.path} holds the export of another output of this name",
                "Give another `base_dir`, or remove that folder first.",
            )
        return existing is not None

    def _claim(self) -> None:
        """Records the output before its first file, of several exports at once for one of them."""
        if not self._claimed:
            create_if_absent(self.path / _RECORD, self._record, self.temp)
            self._claimed = self.check_record()

    def video(self, key: str) -> Path:
        """Where a sample's video is."""
        return self.path.parent / sample_video_path(self.path.name, key)

    def unpack(self, sample: StoredSample) -> Path:
        """Writes a sample's video, unless it is there. Returns its path.

        One of the same size may be of zeros, as a power cut leaves it, or of a shard that was damaged then.
        """
        path = self.video(sample.key)
        self.samples += 1
        video = sample.read("mp4")
        if path.is_file() and path.stat().st_size == len(video) and path.read_bytes() == video:
            self.unchanged += 1
            return path
        # `listings` makes the names of all videos survive a power cut, before it names any of them.
        with self.write(path, sync_parent=False) as file:
            file.write(video)
        return path

    @contextmanager
    def listings(self, names: Sequence[str]) -> Iterator[list[IO[bytes]]]:
        """Files that name the videos unpacked meanwhile; they appear when the block ends without an error."""
        videos = self.video("").parent
        videos.mkdir(parents=True, exist_ok=True)
        with ExitStack() as files:
            yield [
                files.enter_context(atomic_write_if_changed(self.path / name, self.temp, self.count)) for name in names
            ]
            self._claim()
            fsync_folder(videos)

    @contextmanager
    def write(self, path: Path, sync_parent: bool = True) -> Iterator[IO[bytes]]:
        """A file that appears when the block ends without an error."""
        with atomic_write(path, self.temp, sync_parent) as file:
            yield file
            self._claim()
        self.count()

    def result(self, selection: Selection) -> ExportResult:
        dataset = selection.paths.dataset
        return ExportResult(dataset, self.written, self.unchanged, self.samples, selection.left_out)

    def count(self) -> None:
        """One more file was written, or linked to."""
        self.written += 1


@contextmanager
def export_folder(base_dir: Path, paths: OutputPaths, named_in_files: bool = False) -> Iterator[ExportFolder]:
    """The folder of a dataset's export, created where it does not exist.

    Args:
        named_in_files: whether the export's files name the folder, so that its name must be UTF-8.

    Raises:
        UsageError: its name is not UTF-8.
        OutputError: it cannot be written.
        ContractError: it holds the export of another output of this name.
    """
    folder = ExportFolder(real_path(base_dir / paths.dataset), _record_of(paths))
    if named_in_files:
        require_utf8(folder.path, "Rename it, or give another `base_dir`: the export's files name it.")
    with output_errors(folder.path, "and run again, or give another `base_dir`."):
        folder.path.mkdir(parents=True, exist_ok=True)
        remove_stale(folder.temp)
        folder.check_record()
        yield folder
        remove_stale(folder.temp)


def _record_of(paths: OutputPaths) -> bytes:
    """What a folder records of the output that it holds."""
    contract = read_if_exists(paths.contract)
    return json_bytes({"contract_sha256": hashlib.sha256(contract).hexdigest() if contract else None})

"""The folder that an export fills: videos, and files that list them. What exists already is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vwd.export.selection import Selection
from vwd.shards.paths import sample_video_path
from vwd.shards.reader import StoredSample
from vwd.storage.atomic import atomic_write, atomic_write_if_changed, fsync_folder
from vwd.storage.errors import output_errors
from vwd.storage.tempfiles import remove_stale


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
def export_folder(base_dir: Path, dataset: str) -> Iterator[ExportFolder]:
    """The folder of a dataset's export, created where it does not exist.

    Raises:
        OutputError: it cannot be written.
    """
    folder = ExportFolder((base_dir / dataset).resolve())
    with output_errors(folder.path, "and run again, or give another `base_dir`."):
        folder.path.mkdir(parents=True, exist_ok=True)
        remove_stale(folder.temp)
        yield folder
        remove_stale(folder.temp)

"""The folder that an export fills: videos, and files that list them. What stands there already is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vwd.errors import OutputError
from vwd.export.selection import Selection
from vwd.shards.files import file_if_new, sweep, sync_folder, whole_file
from vwd.shards.paths import sample_video_path
from vwd.shards.read import StoredSample


@dataclass(frozen=True)
class ExportResult:
    """What an export did: files written now, videos there already, and shards it had to leave out."""

    dataset: str
    written: int
    unchanged: int
    samples: int
    left_out: tuple[str, ...]


class ExportFolder:
    """`<base>/<dataset>` while it is filled, with counts of what was written, and of what was there as it should."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.temp = path / ".tmp"
        self.written = self.unchanged = self.samples = 0

    def video(self, key: str) -> Path:
        """Where a sample's video is."""
        return self.path.parent / sample_video_path(self.path.name, key)

    def unpack(self, sample: StoredSample) -> Path:
        """Writes a sample's video, unless one of the same size is there. Returns where it is."""
        path = self.video(sample.key)
        self.samples += 1
        if path.is_file() and path.stat().st_size == sample.members["mp4"].size:
            self.unchanged += 1
            return path
        # `listings` makes the names of all videos survive a power cut, before it names any of them.
        with self.whole_file(path, sync_parent=False) as file:
            file.write(sample.read("mp4"))
        return path

    @contextmanager
    def listings(self, names: Sequence[str]) -> Iterator[list[IO[bytes]]]:
        """Files that name the videos unpacked meanwhile; they stand when the block has ended well."""
        videos = self.video("").parent
        videos.mkdir(parents=True, exist_ok=True)
        with ExitStack() as files:
            yield [files.enter_context(file_if_new(self.path / name, self.temp, self._count)) for name in names]
            sync_folder(videos)

    @contextmanager
    def whole_file(self, path: Path, sync_parent: bool = True) -> Iterator[IO[bytes]]:
        """A file that stands when the block has ended well."""
        with whole_file(path, self.temp, sync_parent) as file:
            yield file
        self._count()

    def result(self, selection: Selection) -> ExportResult:
        dataset = selection.paths.dataset
        return ExportResult(dataset, self.written, self.unchanged, self.samples, selection.left_out)

    def _count(self) -> None:
        self.written += 1


@contextmanager
def export_folder(base_dir: Path, dataset: str) -> Iterator[ExportFolder]:
    """The folder of a dataset's export, made where it is not there.

    Raises:
        OutputError: it cannot be written.
    """
    folder = ExportFolder((base_dir / dataset).resolve())
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        sweep(folder.temp)
        yield folder
        sweep(folder.temp)
    except OSError as error:
        raise OutputError(
            f"{error.filename or folder.path}: {error.strerror or error}",
            "Free some space or mend the permissions and run again, or give another --base-dir.",
        ) from error

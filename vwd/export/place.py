"""The folder of one task of a layout, while an export fills it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from vwd.errors import OutputError
from vwd.export.extract import Extract
from vwd.export.folder import ExportFolder
from vwd.export.layout import Clip, Layout, Listing, one_line
from vwd.export.options import Link
from vwd.export.selection import Part, Selection
from vwd.shards.reader import StoredSample
from vwd.storage.atomic import fsync_folder


@dataclass
class Place:
    """The folder of one task while it is filled."""

    folder: ExportFolder
    layout: Layout
    task: str
    selection: Selection
    link: Link
    first: Clip | None = None
    _files: Sequence[IO[bytes]] = ()
    _filled: set[Path] = field(default_factory=set)
    _rows: int = 0

    @property
    def path(self) -> Path:
        if not self.layout.folder:
            return self.folder.path
        named = self.layout.folder.format(layout=self.layout.name, task=self.task)
        return self.folder.path / f"{named}{_suffix(self.selection)}"

    def names(self, part: Part) -> list[str]:
        """The names of its lists, below the dataset's folder."""
        split = self.selection.split
        start = f"{split}_{part.start}" if split and not self.layout.folder else str(part.start)
        below = self.path.relative_to(self.folder.path)
        return [
            str(below / listing.name.format(dataset=self.folder.path.name, task=self.task, start=start))
            for listing in self.layout.lists
        ]

    def begin(self, files: Sequence[IO[bytes]]) -> None:
        self._files, self._rows = files, 0
        self._each(lambda listing: listing.head)

    def add(self, sample: StoredSample, video: Path, found: Extract) -> None:
        """Links a video, writes the files beside it, and its row of each list."""
        clip = self._clip(sample, self.task, found)
        self.first = self.first or clip
        if self.layout.alike:
            _require_alike(self.layout, self.first, clip)
        if clip.video != video and self._place(video, clip.video):
            self._filled.add(clip.video.parent)
        for beside in self.layout.beside:
            content = beside.content(clip if beside.task is None else self._clip(sample, beside.task, found))
            name, *also = (
                self.path / name.format(key=clip.key, index=clip.index, dataset=clip.dataset)
                for name in (beside.name, *beside.also)
            )
            self._write(name, content)
            for other in also:
                self._link(name, other)
        between = self._rows > 0
        self._each(lambda listing: (listing.between if between else "") + listing.row(clip))
        self._rows += 1

    def end(self) -> None:
        if self._rows:
            self._each(lambda listing: listing.tail)
        for parent in self._filled:  # before a list names what is in it
            fsync_folder(parent)
        self._filled.clear()

    def write_once(self) -> None:
        for name, content in (self.layout.once or {}).items():
            if self.first:
                self._write(self.path / name, content(self.first))

    def _clip(self, sample: StoredSample, task: str, found: Extract) -> Clip:
        dataset, prompt = self.folder.path.name, found.prompts[task]
        path = self.layout.video.format(key=sample.key, index=sample.index, dataset=dataset)
        prompt = one_line(prompt) if self.layout.one_line else prompt
        return Clip(dataset, sample.key, sample.index, self.path, path, prompt, found.record, found.measures)

    def _each(self, text: Callable[[Listing], str]) -> None:
        for file, listing in zip(self._files, self.layout.lists, strict=True):
            file.write(text(listing).encode())

    def _place(self, source: Path, target: Path) -> bool:
        """Puts a video where the layout wants it. Whether it was not there."""
        with suppress(FileNotFoundError):
            if target.samefile(source) or (target.is_file() and target.read_bytes() == source.read_bytes()):
                return False
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.link == "copy":
            with self.folder.write(target, sync_parent=False) as file, source.open("rb") as video:
                file.write(video.read())
            return True
        target.unlink(missing_ok=True)  # cut short, or a link to nothing
        try:
            if self.link == "hard":
                os.link(source, target)
            else:
                target.symlink_to(os.path.relpath(source, target.parent))
        except OSError as error:
            if isinstance(error, FileExistsError):  # another export was quicker
                return False
            raise OutputError(
                f"{target}: cannot be a {self.link} link: {error.strerror}",
                "Give `link` copy, or a `base_dir` on a file system that has such links.",
            ) from error
        self.folder.count()
        return True

    def _write(self, path: Path, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        if path.is_file() and path.read_bytes() == data:
            return
        with self.folder.write(path, sync_parent=False) as file:
            file.write(data)
        self._filled.add(path.parent)

    def _link(self, source: Path, target: Path) -> None:
        """Another name of a file that was written."""
        if target.is_file() and target.read_bytes() == source.read_bytes():
            return
        target.unlink(missing_ok=True)
        if self._place(source, target):
            self._filled.add(target.parent)


def _suffix(selection: Selection) -> str:
    """What tells the folder of a split or slice from that of everything."""
    split = f"-{selection.split}" if selection.split else ""
    rows = selection.rows
    return split + ("" if rows.everything else f"-rows-{rows.start}-{'end' if rows.stop is None else rows.stop}")


def _require_alike(layout: Layout, first: Clip, clip: Clip) -> None:
    """Text videos always are; the settings that such a layout writes would be wrong for other clips."""
    one, other = first.measures, clip.measures
    if (one.width, one.height, one.frames) != (other.width, other.height, other.frames):
        raise OutputError(
            f"{first.key} has {one.width}x{one.height} pixels and {one.frames} frames, {clip.key} "
            f"{other.width}x{other.height} and {other.frames}: the settings that {layout.name} gets are of one kind",
            "Pack clips of one size and length, such as 'vwd meta cut' with `shorter_size` and `max_seconds` gives.",
        )


def require_one_file_system(path: Path, base: Path) -> None:
    """A layout's folder that is a link to another disk: neither a hard link nor the rename of a file gets there."""
    existing = next(one for one in (path, *path.parents) if one.exists())
    if existing.stat().st_dev != base.stat().st_dev:
        raise OutputError(
            f"{existing.resolve()}: on another file system than {base}",
            "Give a `base_dir` that is on that file system, or remove the link to it.",
        )

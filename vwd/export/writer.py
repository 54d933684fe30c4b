"""Writes any layout: videos once for all of a dataset's layouts, then the files that name them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

from vwd.errors import OutputError, ShardError, UsageError
from vwd.export.folder import ExportFolder, ExportResult, export_folder
from vwd.export.layout import Clip, Layout, Listing, Measures, one_line
from vwd.export.metadata import read_clip, read_prompts, read_storyboard
from vwd.export.options import ALL, ExportOptions, Link
from vwd.export.selection import Part, Selection
from vwd.shards.members import TASKS
from vwd.shards.paths import OutputPaths
from vwd.shards.reader import StoredSample
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.storage.atomic import fsync_folder
from vwd.storage.regular import real_path

# What stands in names for the task of real videos, which have one caption for all.
CAPTION_TASK = "caption"


@dataclass(frozen=True)
class LayoutResult(ExportResult):
    """What an export did, and the folders that a trainer is given, one a task."""

    folders: tuple[str, ...] = ()

    def plain(self) -> ExportResult:
        """Without the folders."""
        return ExportResult(self.dataset, self.written, self.unchanged, self.samples, self.left_out)


def export_layout(
    paths: OutputPaths,
    base_dir: Path,
    layout: Layout,
    options: ExportOptions = ALL,
    on_sample: Callable[[], None] = lambda: None,
    on_record: Callable[[StoryboardRecord], None] = lambda record: None,
) -> LayoutResult:
    """Unpacks videos to `<base>/<dataset>/video/`, and fills `<base>/<dataset>/<layout>/<task>/` with links to them.

    Real videos have one caption, whatever the `tasks`: their folder is `<base>/<dataset>/<layout>/caption/`.

    What a slice or a split takes has a folder of its own, named for it: a trainer that reads all of a folder would
    else read the videos of both. An existing file of the same size (a video) or with the same content is left alone.

    Args:
        on_record: called with the storyboard of each sample, where the layout reads them.

    Raises:
        ShardError: a tar is not the one of its ledger entry, or has members that no shard should have; nothing was
            taken from it.
        UsageError: the reader would misread the folder's name, or there is no such split.
        OutputError: no shard holds rows of the slice, or none is of the split; or the base folder cannot be written;
            or the output holds real videos, and the layout needs what they lack.
    """
    selection = options.select(paths, clips=True)
    _refuse_misread(layout, real_path(base_dir / paths.dataset), paths.dataset)
    if selection.clips:
        _refuse_words(layout, paths)
    tasks = (CAPTION_TASK,) if selection.clips else options.tasks
    with export_folder(base_dir, paths, layout.names_folder) as folder:
        places = [_Place(folder, layout, task, selection, options.link) for task in tasks]
        for place in places:
            _require_one_file_system(place.path, folder.path)
        for part in selection.by_shard() if layout.per_shard else selection.together():
            _fill(places, part, selection, on_sample, on_record)
    result = folder.result(selection)
    return LayoutResult(**vars(result), folders=tuple(dict.fromkeys(str(place.path) for place in places)))


def _fill(
    places: Sequence[_Place],
    part: Part,
    selection: Selection,
    on_sample: Callable[[], None],
    on_record: Callable[[StoryboardRecord], None],
) -> None:
    """Writes the lists of a part's samples, and what these have beside them, to the folder of each task."""
    folder, layout = places[0].folder, places[0].layout
    extract = _extract(layout, [place.task for place in places], selection.clips)
    with folder.listings([name for place in places for name in place.names(part)]) as files:
        for number, place in enumerate(places):
            place.begin(files[number * len(layout.lists) :][: len(layout.lists)])
        for sample, found in selection.samples(part, extract):
            video = folder.unpack(sample)
            if found.record:
                on_record(found.record)
            for place in places:
                place.add(sample, video, found)
            on_sample()
        _require_samples(folder, selection)
        for place in places:
            place.end()
    for place in places:
        place.write_once()


def _extract(layout: Layout, tasks: Sequence[str], clips: bool) -> Callable[[StoredSample], _Extract]:
    """What reads a sample's prompts by task and, where the layout needs it, its storyboard."""
    needed = {*tasks, *(beside.task for beside in layout.beside)}

    def extract(sample: StoredSample) -> _Extract:
        found = _of_clip(sample) if clips else _of_text(sample, layout, needed)
        if layout.one_line:
            _require_lines(sample, found.prompts)
        return found

    return extract


class _Extract(NamedTuple):
    """What a sample's files say: its prompts by their tasks, and as far as the layout needs them the others."""

    prompts: Mapping[str, str]
    record: StoryboardRecord | None
    measures: Measures | None


def _of_text(sample: StoredSample, layout: Layout, needed: Collection[str | None]) -> _Extract:
    prompts = read_prompts(sample, [task for task in TASKS if task in needed])
    if not layout.reads_storyboard:
        return _Extract(prompts, None, None)
    record = read_storyboard(sample)
    board = record.storyboard
    return _Extract(prompts, record, Measures(board.frames, board.height, board.width, record.fps, record.seconds))


def _of_clip(sample: StoredSample) -> _Extract:
    known = read_clip(sample)
    measures = Measures(known.num_frames, known.height, known.width, known.fps, known.seconds)
    return _Extract({CAPTION_TASK: known.text}, None, measures)


@dataclass
class _Place:
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

    def add(self, sample: StoredSample, video: Path, found: _Extract) -> None:
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

    def _clip(self, sample: StoredSample, task: str, found: _Extract) -> Clip:
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
            if target.stat().st_size == source.stat().st_size:
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


def _refuse_misread(layout: Layout, folder: Path, dataset: str) -> None:
    word = next((word for word in layout.misread if word in f"{folder}/{dataset}"), None)
    if word:
        raise UsageError(
            f"{folder}: {layout.reader} would misread '{word}' in this path",
            f"Give a `base_dir` without '{word}' in its path, and a dataset of another name if it is in that.",
        )


def _refuse_words(layout: Layout, paths: OutputPaths) -> None:
    if layout.reads_words:
        raise OutputError(
            f"{paths.folder}: holds clips, and this export is of questions and answers, or of the words of text videos",
            "Choose another layout: 'vwd export `list`' names them; `for` sat, open-sora and others take clips.",
        )


def _require_alike(layout: Layout, first: Clip, clip: Clip) -> None:
    """Text videos always are; the settings that such a layout writes would be wrong for other clips."""
    one, other = first.measures, clip.measures
    if (one.width, one.height, one.frames) != (other.width, other.height, other.frames):
        raise OutputError(
            f"{first.key} has {one.width}x{one.height} pixels and {one.frames} frames, {clip.key} "
            f"{other.width}x{other.height} and {other.frames}: the settings that {layout.name} gets are of one kind",
            "Pack clips of one size and length, such as 'vwd meta cut' with `shorter_size` and `max_seconds` gives.",
        )


def _require_one_file_system(path: Path, base: Path) -> None:
    """A layout's folder that is a link to another disk: neither a hard link nor the rename of a file gets there."""
    existing = next(one for one in (path, *path.parents) if one.exists())
    if existing.stat().st_dev != base.stat().st_dev:
        raise OutputError(
            f"{existing.resolve()}: on another file system than {base}",
            "Give a `base_dir` that is on that file system, or remove the link to it.",
        )


def _require_lines(sample: StoredSample, prompts: Mapping[str, str]) -> None:
    """A reader of lines leaves empty ones out: every later prompt would be another video's."""
    for task, prompt in prompts.items():
        if not prompt.strip():
            raise ShardError(f"{sample.path}: {sample.key}.{task}.json has an empty prompt", "Pack this shard again.")


def _require_samples(folder: ExportFolder, selection: Selection) -> None:
    """No list without a row: its readers take it for damage, or for a dataset."""
    if selection.split and not folder.samples:
        raise OutputError(
            f"{selection.paths.folder}: none of its samples is in the `split` {selection.split}",
            "Give another `val_fraction`, or pack more rows.",
        )

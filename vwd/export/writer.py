"""Writes any layout: videos once for all of a dataset's layouts, then the files that name them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vwd.errors import OutputError, UsageError
from vwd.export.extract import CAPTION_TASK, extractor
from vwd.export.folder import ExportFolder, ExportResult, export_folder
from vwd.export.layout import Layout
from vwd.export.options import ALL, ExportOptions
from vwd.export.place import Place, require_one_file_system
from vwd.export.selection import Part, Selection
from vwd.shards.paths import OutputPaths
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.storage.regular import real_path


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
    else read the videos of both. An existing file with the same content is left alone.

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
        places = [Place(folder, layout, task, selection, options.link) for task in tasks]
        for place in places:
            require_one_file_system(place.path, folder.path)
        for part in selection.by_shard() if layout.per_shard else selection.together():
            _fill(places, part, selection, on_sample, on_record)
    result = folder.result(selection)
    return LayoutResult(**vars(result), folders=tuple(dict.fromkeys(str(place.path) for place in places)))


def _fill(
    places: Sequence[Place],
    part: Part,
    selection: Selection,
    on_sample: Callable[[], None],
    on_record: Callable[[StoryboardRecord], None],
) -> None:
    """Writes the lists of a part's samples, and what these have beside them, to the folder of each task."""
    folder, layout = places[0].folder, places[0].layout
    extract = extractor(layout, [place.task for place in places], selection.clips)
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


def _require_samples(folder: ExportFolder, selection: Selection) -> None:
    """No list without a row: its readers take it for damage, or for a dataset."""
    if selection.split and not folder.samples:
        raise OutputError(
            f"{selection.paths.folder}: none of its samples is in the `split` {selection.split}",
            "Give another `val_fraction`, or pack more rows.",
        )

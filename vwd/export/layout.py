"""What a trainer's folder is made of: videos, lists that name them, files beside them. `layouts` has the entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vwd.shards.storyboard_json import StoryboardRecord


@dataclass(frozen=True)
class Measures:
    """Of a video: its frames, sides in pixels, frames a second, and seconds."""

    frames: int
    height: int
    width: int
    fps: float
    seconds: float


@dataclass(frozen=True)
class Clip:
    """A sample as a layout sees it.

    Attributes:
        index: the row's number.
        folder: of the layout and task, absolute.
        path: of the video, below `folder`.
        prompt: the task's, on one line where the layout says so.
        storyboard: None where the layout does not read it, and of real videos.
        measured: None where the layout does not read it.
    """

    dataset: str
    key: str
    index: int
    folder: Path
    path: str
    prompt: str
    storyboard: StoryboardRecord | None
    measured: Measures | None

    @property
    def video(self) -> Path:
        """Where the video is, absolute."""
        return self.folder / self.path

    @property
    def record(self) -> StoryboardRecord:
        if self.storyboard is None:
            raise ValueError("this layout does not read storyboards")
        return self.storyboard

    @property
    def measures(self) -> Measures:
        if self.measured is None:
            raise ValueError("this layout does not read measures")
        return self.measured

    @property
    def size(self) -> dict[str, int]:
        return {"height": self.measures.height, "width": self.measures.width}

    @property
    def frames(self) -> int:
        return self.measures.frames


@dataclass(frozen=True)
class Listing:
    """A file that names all videos; its name and texts may have `{dataset}`, `{task}` and `{start}`, the first row.

    Attributes:
        row: what it says of a sample.
        head, between, tail: what stands before the first row, between two, and after the last.
    """

    name: str
    row: Callable[[Clip], str]
    head: str = ""
    between: str = "\n"
    tail: str = "\n"


@dataclass(frozen=True)
class Beside:
    """A file for each sample; its name may have `{key}`, `{index}` and `{dataset}`.

    Attributes:
        task: whose prompt it gets; None for that of its folder.
        also: other names of the same file, which get links to it, as videos do.
    """

    name: str
    content: Callable[[Clip], str | bytes]
    task: str | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """A folder as one trainer reads it.

    Attributes:
        reader: the trainer or library.
        video: where a sample's video is in the folder; may have `{key}`, `{index}` and `{dataset}`.
        columns: what a row of its lists has, for the table.
        once: files that are the same for all samples, made from the first one.
        one_line: each line break of a prompt becomes a space: the reader takes a line for a sample, or only the first.
        folder: of each task, below the dataset's; "" for the dataset's own, where tasks share the videos.
        per_shard: lists are one a shard, not one for all.
        reads_storyboard: whether its files need more than the prompts.
        reads_words: whether they need what only text videos have, such as the answer.
        alike: whether one of `once` has the size and frames of the first video for those of all.
        names_folder: whether its files name the folder, so that its name must be UTF-8.
        misread: words that the reader would misread in the folder's path.
    """

    name: str
    reader: str
    video: str
    lists: tuple[Listing, ...] = ()
    beside: tuple[Beside, ...] = ()
    once: Mapping[str, Callable[[Clip], str]] | None = None
    columns: tuple[str, ...] = ()
    one_line: bool = False
    folder: str = "{layout}/{task}"
    per_shard: bool = False
    reads_storyboard: bool = True
    reads_words: bool = False
    alike: bool = False
    names_folder: bool = True
    misread: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files, for the table."""
        lists = (
            *(listing.name for listing in self.lists),
            *(name for beside in self.beside for name in (beside.name, *beside.also)),
            *(self.once or {}),
        )
        return (self.video, *lists)


def one_line(prompt: str) -> str:
    """A prompt with a space in place of each line break, whatever a reader takes for one (U+2028, too)."""
    return " ".join(prompt.splitlines())

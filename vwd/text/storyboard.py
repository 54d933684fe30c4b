"""The storyboard: a video told in words and boxes, before any pixel is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from vwd.corpora.sample import Language


class Box(NamedTuple):
    """A rectangle in pixels: x and y of its top left corner, width and height."""

    x: int
    y: int
    width: int
    height: int


class Word(NamedTuple):
    """A piece of text at its place: it appears at `frame`, on page `page`, inside `box`.

    A unit too long for one line is several words with the same frame.
    """

    text: str
    frame: int
    page: int
    box: Box


@dataclass(frozen=True)
class Storyboard:
    """Which word stands where, and from which frame on.

    Attributes:
        width, height: of the frame, in pixels.
        frames: of the video.
        font_size: in pixels.
        prompt_frames: how many frames, from 0 on, show pages of the prompt; the answer starts at this frame.
        page_starts: the first frame of each page.
        separator: the line below the prompt, on the prompt's last page; 0 by 0 where the prompt fills it.
        words: in reading order, so that frames and pages never fall.
    """

    width: int
    height: int
    frames: int
    font_size: int
    language: Language
    prompt_frames: int
    page_starts: tuple[int, ...]
    separator: Box
    words: tuple[Word, ...]

    @property
    def pages(self) -> int:
        return len(self.page_starts)

    @property
    def separator_page(self) -> int:
        return self.prompt_frames - 1

    def to_json(self) -> dict[str, Any]:
        """As plain values, the same types in every storyboard; `from_json` reads them back."""
        return {
            "language": self.language,
            "frames": self.frames,
            "width": self.width,
            "height": self.height,
            "font_size": self.font_size,
            "pages": self.pages,
            "prompt_frames": self.prompt_frames,
            "page_starts": list(self.page_starts),
            "separator": list(self.separator),
            "words": [{"text": t, "frame": f, "page": p, "box": list(b)} for t, f, p, b in self.words],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Storyboard:
        """A storyboard from the values of a `storyboard.json`.

        Raises:
            KeyError, TypeError: a field is missing or of another type.
        """
        return cls(
            width=data["width"],
            height=data["height"],
            frames=data["frames"],
            font_size=data["font_size"],
            language=data["language"],
            prompt_frames=data["prompt_frames"],
            page_starts=tuple(data["page_starts"]),
            separator=Box(*data["separator"]),
            words=tuple(Word(w["text"], w["frame"], w["page"], Box(*w["box"])) for w in data["words"]),
        )

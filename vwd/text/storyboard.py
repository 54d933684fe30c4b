"""The storyboard: a video as words and boxes, before any pixel is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from vwd.corpora.sample import Language


class Box(NamedTuple):
    """A rectangle in pixels: x and y of its top left corner, width and height."""

    x: int
    y: int
    width: int
    height: int


class Word(NamedTuple):
    """A piece of text: it appears at `frame`, on page `page`, inside `box`.

    A unit too long for one line is several words with the same frame.
    """

    text: str
    frame: int
    page: int
    box: Box


@dataclass(frozen=True)
class Storyboard:
    """Which word is where, and from which frame on.

    Attributes:
        width, height: of the frame, in pixels.
        frames: of the video.
        font_size: in pixels.
        prompt_frames: how many frames, from 0 on, show pages of the prompt; the answer starts at this frame.
        page_starts: the first frame of each page.
        separator: the line below the prompt, on the prompt's last page; 0 by 0 where there is no room for it.
        words: in reading order; frames and pages never decrease.
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

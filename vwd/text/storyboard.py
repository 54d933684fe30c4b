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

    A unit too long for one line is several words with the same frame. `start` is the place of its first code point in
    the prompt, or in the answer for words that appear after the prompt; -1 where an older output does not say.
    """

    text: str
    frame: int
    page: int
    box: Box
    start: int = -1

    @property
    def end(self) -> int:
        """The place behind its last code point. A word that starts where the one before ends was cut from it."""
        return -1 if self.start < 0 else self.start + len(self.text)


@dataclass(frozen=True)
class Storyboard:
    """Which word is where, and from which frame on.

    Attributes:
        width, height: of the frame, in pixels.
        frames: of the video.
        font_size: in pixels.
        prompt_frames: how many frames, from 0 on, show pages of the prompt; the answer starts at this frame.
        page_starts: the first frame of each page.
        separator: the line between prompt and answer; 0 by 0 where there is no room for it.
        words: in reading order; frames and pages never decrease.
        separator_page: the page of the separator: the prompt's last one, or the answer's first.
        final_words: places in `words` of those that show the final answer, at its last mention; none where the answer
            does not mention it, or an older output does not say.
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
    separator_page: int = 0
    final_words: tuple[int, ...] = ()

    @property
    def pages(self) -> int:
        return len(self.page_starts)

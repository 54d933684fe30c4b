"""What was read: words with their places, pages and first frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vwd.readback.cells import UNREADABLE
from vwd.text.storyboard import Box

State = Literal["read", "blank", "unreadable"]


@dataclass(frozen=True)
class ReadWord:
    """Characters side by side that appear at the same frame.

    Attributes:
        text: with UNREADABLE for each character that could not be read.
        frame: the first that shows it.
        page: its number, from 0 on.
        box: in pixels of the picture.
        boxes: that of each character.
        confidence: of each character, 0 to 1: how well its glyph fits; 0 where it could not be read.
        line: its number on the page.
        joined: whether it follows the word before without a space, on the same line.
    """

    text: str
    frame: int
    page: int
    box: Box
    boxes: tuple[Box, ...]
    confidence: tuple[float, ...]
    line: int
    joined: bool = False


@dataclass(frozen=True)
class Reading:
    """The text of a video or of a picture.

    Attributes:
        frames: how many were looked at.
        page_starts: the first frame of each page.
        words: in reading order.
        state: "blank" where nothing is written; "unreadable" where something is that is not, or hardly, this style of
            text: then there are no words.
    """

    frames: int
    page_starts: tuple[int, ...]
    words: tuple[ReadWord, ...]
    state: State

    @property
    def unreadable(self) -> int:
        """How many characters could not be read."""
        return sum(word.text.count(UNREADABLE) for word in self.words)

    @property
    def text(self) -> str:
        """All of it: lines of a page one below the other, an empty line between pages."""
        return "\n\n".join(self.page_text(page) for page in range(len(self.page_starts)))

    def page_text(self, page: int) -> str:
        """The lines of a page."""
        lines: dict[int, str] = {}
        for word in self.words:
            if word.page == page:
                before = lines.get(word.line)
                lines[word.line] = word.text if before is None else before + ("" if word.joined else " ") + word.text
        return "\n".join(lines.values())

"""The settings of a storyboard: the page's geometry in pixels, and how text is cut and fitted to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

from vwd.corpora.sample import Language
from vwd.errors import UsageError

PromptOverflow = Literal["spill", "shrink", "skip"]
ChineseUnits = Literal["word", "char"]

FONT_SIZE = 28
SMALLEST_FONT_SIZE = 16
# MPEG-4 Part 2 gives a side 13 bits.
LARGEST_SIDE = 8190
# At 28 px both fonts stand on a baseline 26 px below a line's top and stay within 32 px.
_ABOVE_AT_28, _BELOW_AT_28 = 26, 6


def scaled(pixels_at_28: int, font_size: int) -> int:
    """A length measured at 28 px, for another font size; rounded up, so that no glyph is cut."""
    return -(-pixels_at_28 * font_size // FONT_SIZE)


def baseline(font_size: int) -> int:
    """Pixel rows from a line's top down to the baseline."""
    return scaled(_ABOVE_AT_28, font_size)


def line_height(font_size: int) -> int:
    """Pixel rows of a line: 32 at 28 px."""
    return baseline(font_size) + scaled(_BELOW_AT_28, font_size)


class Metrics(Protocol):
    """What laying out needs to know of fonts."""

    def advances(self, text: str, font_size: int, language: Language) -> list[int]:
        """The width in pixels of each character of `text`."""
        ...

    def undrawable(self, text: str) -> str:
        """The first character of `text` that no font draws legibly; "" where all are drawn."""
        ...


@dataclass(frozen=True)
class PageSpec:
    """A page in pixels. The margins of 15 and 13 leave 612 = 36 columns of the 28 px font's 17 px."""

    width: int = 640
    height: int = 360
    font_size: int = FONT_SIZE
    margin_left: int = 15
    margin_right: int = 13
    margin_top: int = 4
    margin_bottom: int = 4

    def __post_init__(self) -> None:
        if max(self.width, self.height) > LARGEST_SIDE:
            raise UsageError(f"a frame of {self.width}x{self.height} pixels", f"Give at most {LARGEST_SIDE} a side.")
        if self.width % 2 or self.height % 2:
            raise UsageError(f"a frame of {self.width}x{self.height} has an odd side", "Give two even numbers.")
        if not SMALLEST_FONT_SIZE <= self.font_size <= 256:
            raise UsageError(f"a font of {self.font_size} px", f"Choose one from {SMALLEST_FONT_SIZE} to 256 px.")
        if self.line_width < 4 * self.font_size or self.lines < 2:
            raise UsageError(
                f"a frame of {self.width}x{self.height} has no room for two lines at {self.font_size} px",
                "Give a larger --size or a smaller --font-size.",
            )

    @property
    def line_width(self) -> int:
        return self.width - self.margin_left - self.margin_right

    @property
    def line_height(self) -> int:
        return line_height(self.font_size)

    @property
    def lines(self) -> int:
        return (self.bottom - self.margin_top) // self.line_height

    @property
    def bottom(self) -> int:
        """The y below the last pixel row that text may use."""
        return self.height - self.margin_bottom

    @property
    def separator_gap(self) -> int:
        """Pixel rows between the prompt's last line and the answer's first, which hold the separator."""
        return self.line_height // 2

    def with_font_size(self, font_size: int) -> PageSpec:
        return replace(self, font_size=font_size)


@dataclass(frozen=True)
class StoryboardSpec:
    """All that decides a storyboard, beside the sample.

    Attributes:
        frames: frames of the video, prompt and still tail included.
        prompt_overflow: what becomes of a prompt that one page does not hold.
        zh_units: what appears at a time in Chinese: a word, or a character.
    """

    page: PageSpec = PageSpec()
    frames: int = 193
    prompt_overflow: PromptOverflow = "spill"
    zh_units: ChineseUnits = "word"

    def __post_init__(self) -> None:
        if not 2 <= self.frames <= 65_535:
            raise UsageError(f"a video of {self.frames} frames", "Choose from 2 to 65535 frames.")

"""The settings of a storyboard: the page's geometry in pixels, and how text is cut and fitted to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from vwd.corpora.sample import Language
from vwd.errors import UsageError
from vwd.limits import LARGEST_FONT_SIZE, LARGEST_SIDE, MOST_FRAMES, SMALLEST_FONT_SIZE
from vwd.text.metrics import FONT_SIZE, line_height

PromptOverflow = Literal["spill", "shrink", "skip"]
ChineseUnits = Literal["word", "char"]
Pace = Literal["word", "spread", "fit"]
Separator = Literal["auto", "always"]
_MARGINS = {"margin_left": 15, "margin_right": 13, "margin_top": 4, "margin_bottom": 4}
# Settings that the first contracts do not have, and what they were.
NEWER: dict[str, Any] = {"pace": "word", "prompt_hold": 1, "separator": "auto", **_MARGINS}
# Two pixel rows lower, baselines at 28 px stand on the edge of a codec's blocks of 8 pixels. Most Latin letters end
# there, and touch a row of blocks less: smaller files. Hanzi and Hangul, which go on below, take more where they are.
_LOWER = {"margin_top": 6, "margin_bottom": 2}


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
        if not SMALLEST_FONT_SIZE <= self.font_size <= LARGEST_FONT_SIZE:
            raise UsageError(
                f"a font of {self.font_size} px", f"Choose one from {SMALLEST_FONT_SIZE} to {LARGEST_FONT_SIZE} px."
            )
        if self.line_width < 4 * self.font_size or self.lines < 2:
            raise UsageError(
                f"a frame of {self.width}x{self.height} has no room for two lines at {self.font_size} px",
                "Give a larger `size` or a smaller `font_size`.",
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
        """The y just below the last pixel row that text may use."""
        return self.height - self.margin_bottom

    @property
    def separator_gap(self) -> int:
        """Pixel rows between the prompt's last line and the answer's first, which hold the separator."""
        return self.line_height // 2

    def for_language(self, language: Language) -> PageSpec:
        """The same page with a language's default margins, unless it has others already. As many lines fit."""
        default = all(getattr(self, name) == margin for name, margin in _MARGINS.items())
        return replace(self, **_LOWER) if language == "en" and default and self.font_size == FONT_SIZE else self

    def with_font_size(self, font_size: int) -> PageSpec:
        return replace(self, font_size=font_size)


@dataclass(frozen=True)
class StoryboardSpec:
    """Everything that decides a storyboard, besides the sample.

    Attributes:
        frames: frames of the video, prompt and still tail included.
        prompt_overflow: what to do with a prompt that does not fit on one page.
        zh_units: what appears at a time in Chinese: a word, or a character.
        pace: when the answer's units appear. `word`: one a frame. `spread`: evenly over all frames that are left, one
            a frame at most. `fit`: several a frame where there are more of them than frames, else one a frame.
        prompt_hold: how many frames each page of the prompt is shown.
        separator: the line between prompt and answer. `auto`: below the prompt, where a line of the answer fits below
            it. `always`: else, on top of the answer's first page.
    """

    page: PageSpec = PageSpec()
    frames: int = 193
    prompt_overflow: PromptOverflow = "spill"
    zh_units: ChineseUnits = "word"
    pace: Pace = "word"
    prompt_hold: int = 1
    separator: Separator = "auto"

    def __post_init__(self) -> None:
        if not 2 <= self.frames <= MOST_FRAMES:
            raise UsageError(f"a video of {self.frames} frames", f"Choose from 2 to {MOST_FRAMES} frames.")
        if not 1 <= self.prompt_hold < self.frames:
            raise UsageError(
                f"a prompt that is shown for {self.prompt_hold} of {self.frames} frames",
                f"Give a `prompt_hold` from 1 to {self.frames - 1}, so that frames are left for the answer.",
            )

    def for_language(self, language: Language) -> StoryboardSpec:
        """The same with a language's default margins (see `PageSpec.for_language`)."""
        return replace(self, page=self.page.for_language(language))

    def to_json(self) -> dict[str, Any]:
        """What of it a contract holds; what is newer than the first contracts, where it is not as then."""
        values = {**vars(self.page), **vars(self)}
        always = ("font_size", "prompt_overflow", "zh_units")
        return {name: values[name] for name in (*always, *NEWER) if name in always or values[name] != NEWER[name]}

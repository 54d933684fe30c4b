"""The settings of a video: size, length, rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from vwd.errors import UsageError
from vwd.text.spec import FONT_SIZE, ChineseUnits, PageSpec, PromptOverflow, StoryboardSpec


@dataclass(frozen=True)
class VideoSpec:
    """Size in pixels, length in frames, and the exact rate. 193 frames at 193/10 a second are 10 s."""

    width: int = 640
    height: int = 360
    frames: int = 193
    fps: Fraction = Fraction(193, 10)

    def __post_init__(self) -> None:
        if not 0 < self.fps <= 1000 or max(self.fps.numerator, self.fps.denominator) > 65_535:
            raise UsageError(
                f"a rate of {self.fps} frames a second", "Give at most 1000, as a number or a fraction like 193/10."
            )

    @property
    def seconds(self) -> Fraction:
        return self.frames / self.fps

    def storyboard_spec(
        self,
        font_size: int = FONT_SIZE,
        prompt_overflow: PromptOverflow = "spill",
        zh_units: ChineseUnits = "word",
    ) -> StoryboardSpec:
        """The settings of storyboards that this video shows.

        Raises:
            UsageError: the frame has an odd side, or no room for text of this size.
        """
        page = PageSpec(width=self.width, height=self.height, font_size=font_size)
        return StoryboardSpec(page, self.frames, prompt_overflow, zh_units)

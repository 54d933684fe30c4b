"""The settings of a video: size, length, rate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from vwd.errors import UsageError
from vwd.limits import LARGEST_FPS_TERM, LONGEST_FPS, MOST_FPS
from vwd.text.metrics import FONT_SIZE
from vwd.text.spec import ChineseUnits, Pace, PageSpec, PromptOverflow, Separator, StoryboardSpec

# A power of ten of which a fraction would take minutes and gigabytes to compute.
_HUGE_POWER = re.compile("[eE][+-]?[0-9_]{3}")
# The rates of NTSC, 1000/1001 of a whole one, which people and programs write as decimals.
_NTSC = [Fraction(rate * 1000, 1001) for rate in (12, 15, 24, 30, 48, 60)]
_DECIMAL = re.compile(r"[0-9]*\.([0-9]{2,})")
# What a rate loses as the 64-bit float that some programs print.
_FLOAT_ERROR = Fraction(1, 10**9)


def parse_rate(text: str) -> Fraction:
    """Frames a second, exactly: "24", "193/10", and decimals as they are rounded: "29.97" is 30000/1001.

    Raises:
        ValueError, ZeroDivisionError: it is no number.
    """
    rate = Fraction(text)
    decimal = _DECIMAL.fullmatch(text.strip())
    if decimal is None:
        return rate
    places = max(2, len(decimal[1].rstrip("0")))  # 59.9400 says no more than 59.94
    half_a_place = Fraction(1, 2 * 10**places) + _FLOAT_ERROR / 10**6
    for exact in _NTSC:
        if abs(rate - exact) <= max(half_a_place, _FLOAT_ERROR):
            return exact
    near = rate.limit_denominator(LARGEST_FPS_TERM)
    return near if abs(rate - near) <= _FLOAT_ERROR else rate


@dataclass(frozen=True)
class VideoSpec:
    """Size in pixels, length in frames, and the exact rate. 193 frames at 193/10 a second are 10 s."""

    width: int = 640
    height: int = 360
    frames: int = 193
    fps: Fraction = Fraction(193, 10)

    def __post_init__(self) -> None:
        if not 0 < self.fps <= MOST_FPS or max(self.fps.numerator, self.fps.denominator) > LARGEST_FPS_TERM:
            raise UsageError(
                f"a rate of {self.fps} frames a second",
                f"Give at most {MOST_FPS}, as a number or a fraction like 193/10.",
            )

    @classmethod
    def parse(cls, size: str, frames: int, fps: str) -> VideoSpec:
        """A video's settings from text such as "640x360" and "193/10".

        Raises:
            UsageError: a text has another form, or the rate is not allowed.
        """
        try:
            width, height = (int(side) for side in size.lower().split("x"))
        except ValueError as error:
            raise UsageError(f"`size` {size}", "Give width x height in pixels, such as 640x360.") from error
        try:
            if len(fps) > LONGEST_FPS or _HUGE_POWER.search(fps):
                raise ValueError("not a sensible rate")
            return cls(width, height, frames, parse_rate(fps))
        except (ValueError, ZeroDivisionError) as error:
            raise UsageError(f"`fps` {fps}", "Give a number or a fraction, such as 24 or 193/10.") from error

    def to_json(self) -> dict[str, Any]:
        """As `pack.json` holds it; the rate as an exact fraction."""
        rate = f"{self.fps.numerator}/{self.fps.denominator}"
        return {"width": self.width, "height": self.height, "frames": self.frames, "fps": rate}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> VideoSpec:
        return cls(data["width"], data["height"], data["frames"], Fraction(data["fps"]))

    @property
    def seconds(self) -> Fraction:
        return self.frames / self.fps

    def storyboard_spec(
        self,
        font_size: int = FONT_SIZE,
        prompt_overflow: PromptOverflow = "spill",
        zh_units: ChineseUnits = "word",
        pace: Pace = "word",
        prompt_hold: int = 1,
        separator: Separator = "auto",
    ) -> StoryboardSpec:
        """The settings of storyboards that this video shows.

        Raises:
            UsageError: the frame has an odd side, or no room for text of this size.
        """
        page = PageSpec(width=self.width, height=self.height, font_size=font_size)
        return StoryboardSpec(page, self.frames, prompt_overflow, zh_units, pace, prompt_hold, separator)

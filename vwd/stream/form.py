"""The form in which a video is wanted as a tensor."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from vwd.errors import UsageError
from vwd.stream.frame_selection import Frames
from vwd.video.spec import VideoSpec

Layout = Literal["tchw", "cthw", "thwc"]
Pixels = Literal["video", "storyboard", "device"]
Dtype = Literal["uint8", "float32", "bfloat16"]
Mask = Literal["text", "answer"]
Size = tuple[int, int]

CHANNEL_AXIS = {"tchw": 1, "cthw": 0, "thwc": 3}
TIME_AXIS = {"tchw": 0, "cthw": 1, "thwc": 0}
DTYPES = ("uint8", "float32", "bfloat16")

_SIZE = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})")


@dataclass(frozen=True)
class TensorFormat:
    """The form of a video as a tensor.

    Attributes:
        pixels: decoded from the `video`, drawn from the `storyboard`, or drawn from it later, on the `device`.
        size: height and width to scale to; None for the video's own.
        dtype: uint8 in 0 to 255, or float32 or bfloat16 in -1 to 1.
        channels: 1, or 3 equal ones that share their memory unless `contiguous`.
        mask: where text is, as a tensor of its own.
    """

    frames: Frames = field(default_factory=Frames)
    pixels: Pixels = "video"
    size: tuple[int, int] | None = None
    dtype: Dtype = "uint8"
    layout: Layout = "tchw"
    channels: Literal[1, 3] = 3
    contiguous: bool = False
    mask: Mask | None = None

    def __post_init__(self) -> None:
        check_choices(
            source=(self.pixels, ("video", "storyboard", "device")),
            dtype=(self.dtype, DTYPES),
            layout=(self.layout, tuple(CHANNEL_AXIS)),
            channels=(self.channels, (1, 3)),
            mask=(self.mask, (None, "text", "answer")),
        )

    def check_video(self, video: VideoSpec) -> None:
        """Raises a UsageError where more frames are wanted than a video has."""
        if self.frames.kind in ("evenly", "first") and self.frames.count > video.frames:
            raise UsageError(
                f"frames: {self.frames.count:,} of videos of {video.frames:,}", f"Give at most {video.frames:,}."
            )

    def turns_over(self, video: VideoSpec) -> bool:
        """Whether upright frames are wanted of a video that lies, or the reverse."""
        return self.size is not None and (self.size[0] - self.size[1]) * (video.height - video.width) < 0

    @property
    def channel_axis(self) -> int:
        """The axis of a video that counts channels."""
        return CHANNEL_AXIS[self.layout]

    @property
    def endings(self) -> tuple[str, ...]:
        """The members that are needed, besides the task's."""
        return ("mp4", "storyboard.json") if self.pixels == "video" else ("storyboard.json",)


def check_choices(**choices: tuple[object, tuple[object, ...]]) -> None:
    """Raises a UsageError where a value is not one of those allowed for its name."""
    for name, (value, allowed) in choices.items():
        if value not in allowed:
            raise UsageError(f"{name}={value!r}", f"Choose one of {', '.join(map(repr, allowed))}.")


def parse_size(size: Any) -> Size | None:
    """Height and width from what a user writes: None, (360, 640), or "640x360" as on the command line.

    Raises:
        UsageError: it is none of these.
    """
    if isinstance(size, str) and (named := _SIZE.fullmatch(size)):
        return int(named[2]), int(named[1])
    plain = isinstance(size, (tuple, list)) and len(size) == 2 and all(type(side) is int and side > 0 for side in size)
    if size is not None and not plain:
        raise UsageError(f"size={size!r}", "Give height and width in pixels, (360, 640), or text, '640x360'.")
    return None if size is None else (size[0], size[1])

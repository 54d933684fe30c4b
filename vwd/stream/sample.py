"""From a sample's members to tensors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from vwd.errors import ShardError, UsageError
from vwd.shards.paths import sample_key
from vwd.stream.canvases import Canvases
from vwd.stream.decode import decode
from vwd.stream.drawing import Mask, draw, text_mask
from vwd.stream.frames import Frames
from vwd.text.storyboard import Storyboard

if TYPE_CHECKING:
    import torch

Layout = Literal["tchw", "cthw", "thwc"]
Pixels = Literal["video", "storyboard"]
Dtype = Literal["uint8", "float32"]

_CHANNEL_AXIS = {"tchw": 1, "cthw": 0, "thwc": 3}
_TIME_AXIS = {"tchw": 0, "cthw": 1, "thwc": 0}


class Sample(dict[str, Any]):
    """A sample by field name; `collate` and torch's own `default_collate` make batches of them.

    Attributes:
        time_axes: along which axis of each tensor the frames lie.
    """

    time_axes: dict[str, int]


@dataclass(frozen=True)
class Look:
    """How a video is to look as a tensor.

    Attributes:
        pixels: decoded from the `video`, or drawn from the `storyboard`.
        size: height and width to scale to; None for the video's own.
        dtype: uint8 in 0 to 255, or float32 in -1 to 1.
        channels: 1, or 3 equal ones that are one in memory unless `contiguous`.
        mask: where text stands, as a tensor of its own.
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
            source=(self.pixels, ("video", "storyboard")),
            dtype=(self.dtype, ("uint8", "float32")),
            layout=(self.layout, tuple(_CHANNEL_AXIS)),
            channels=(self.channels, (1, 3)),
            mask=(self.mask, (None, "text", "answer")),
        )
        if self.size is not None and (len(self.size) != 2 or min(self.size) < 1):
            raise UsageError(f"size={self.size!r}", "Give height and width in pixels.")

    @property
    def endings(self) -> tuple[str, ...]:
        """The members that are needed, beside the task's."""
        return ("mp4", "storyboard.json") if self.pixels == "video" else ("storyboard.json",)


def check_choices(**choices: tuple[object, tuple[object, ...]]) -> None:
    """Raises a UsageError where a value is none of those that its name may have."""
    for name, (value, known) in choices.items():
        if value not in known:
            raise UsageError(f"{name}={value!r}", f"Choose one of {', '.join(map(repr, known))}.")


def make_sample(members: dict[str, bytes], task: str, look: Look, canvases: Canvases) -> Sample:
    """A sample's tensors and texts.

    Raises:
        DecodeError: its video does not give the frames it should.
        ShardError: another member is damaged.
    """
    import torch

    try:
        told = json.loads(members["storyboard.json"])
        storyboard = Storyboard.from_json(told)
        prompt = json.loads(members[f"{task}.json"])["prompt"]
        texts = {name: told[name] for name in ("question", "answer", "final_answer", "dataset", "index")}
    except (ValueError, KeyError, TypeError) as error:
        raise ShardError(f"a JSON member is damaged: {error!r}", "Check the shards with 'vwd verify'.") from error
    wanted = look.frames.choose(storyboard)
    height, width = look.size or (storyboard.height, storyboard.width)
    grey = canvases.next((len(wanted), height, width))
    if look.pixels == "storyboard":
        draw(storyboard, wanted, grey.numpy())
    else:
        decode(members["mp4"], wanted, grey.numpy())
    key = sample_key(texts["dataset"], texts["index"])
    sample = Sample(video=_tensor(grey, look), key=key, prompt=prompt, **texts, task=task, length=len(wanted))
    sample.time_axes = {"video": _TIME_AXIS[look.layout], "mask": 0}
    if look.mask:
        sample["mask"] = torch.from_numpy(text_mask(storyboard, wanted, (height, width), look.mask))
    return sample


def _tensor(grey: torch.Tensor, look: Look) -> torch.Tensor:
    """uint8 [T, H, W] as the look has it. The channels are one in memory unless asked otherwise."""
    if look.dtype == "float32":
        grey = grey.float().div_(127.5).sub_(1)
    axis = _CHANNEL_AXIS[look.layout]
    video = grey.unsqueeze(axis)
    shape = list(video.shape)
    shape[axis] = look.channels
    video = video.expand(shape)
    return video.contiguous() if look.contiguous else video

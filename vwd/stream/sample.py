"""From a sample's members to tensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from vwd.corpora.sample import sample_key
from vwd.errors import ShardError, UsageError
from vwd.limits import LARGEST_CLIP_BYTES, LARGEST_JSON_MEMBER
from vwd.shards.storyboard_json import StoryboardRecord, type_problem
from vwd.stream.batch_buffer import BatchBuffer
from vwd.stream.decode import check_length, decode
from vwd.stream.frame_selection import Frames, Numbers
from vwd.stream.render import Mask, render, text_mask
from vwd.text.storyboard import Storyboard
from vwd.video.spec import VideoSpec

if TYPE_CHECKING:
    import torch

Layout = Literal["tchw", "cthw", "thwc"]
Pixels = Literal["video", "storyboard"]
Dtype = Literal["uint8", "float32"]

_VERIFY = "Check the shards with 'vwd verify'."
_CHANNEL_AXIS = {"tchw": 1, "cthw": 0, "thwc": 3}
_TIME_AXIS = {"tchw": 0, "cthw": 1, "thwc": 0}


class Sample(dict[str, Any]):
    """A sample by field name; `collate` and torch's own `default_collate` make batches of them.

    Attributes:
        time_axes: the axis of each tensor that counts frames.
    """

    time_axes: dict[str, int]


@dataclass(frozen=True)
class TensorFormat:
    """The form of a video as a tensor.

    Attributes:
        pixels: decoded from the `video`, or drawn from the `storyboard`.
        size: height and width to scale to; None for the video's own.
        dtype: uint8 in 0 to 255, or float32 in -1 to 1.
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
        """The members that are needed, besides the task's."""
        return ("mp4", "storyboard.json") if self.pixels == "video" else ("storyboard.json",)


def check_choices(**choices: tuple[object, tuple[object, ...]]) -> None:
    """Raises a UsageError where a value is not one of those allowed for its name."""
    for name, (value, allowed) in choices.items():
        if value not in allowed:
            raise UsageError(f"{name}={value!r}", f"Choose one of {', '.join(map(repr, allowed))}.")


def read_texts(
    members: Mapping[str, bytes], task: str, video: VideoSpec | None
) -> tuple[StoryboardRecord, dict[str, Any]]:
    """A sample's storyboard, and its texts by field name.

    Args:
        video: the contract's, with which the storyboard must agree; None where there is no contract.

    Raises:
        ShardError: a JSON member is damaged, or the storyboard is of another video.
    """
    name = "storyboard.json"
    try:
        record = StoryboardRecord.from_json(_parse(members[name]))
        name = f"{task}.json"
        prompt = _parse(members[name]).get("prompt")
        if type_problem(prompt, str):
            raise ValueError("has no prompt, or one that is not text")
    except (ValueError, RecursionError) as error:
        raise ShardError(f"{name} {error}", _VERIFY) from error
    board = record.storyboard
    if video and (board.width, board.height, board.frames) != (video.width, video.height, video.frames):
        raise ShardError(
            f"storyboard.json has {board.width}x{board.height} pixels and {board.frames:,} frames, the contract "
            f"{video.width}x{video.height} and {video.frames:,}", _VERIFY,
        )  # fmt: skip
    texts = {name: getattr(record, name) for name in ("question", "answer", "final_answer", "dataset", "index")}
    return record, {"key": sample_key(record.dataset, record.index), "prompt": prompt, **texts, "task": task}


def clip_shape(wanted: Numbers, form: TensorFormat, board: Storyboard) -> tuple[int, int, int]:
    """Frames, height and width of what is to be read of a video.

    Raises:
        ShardError: they are more than fit into memory.
    """
    height, width = form.size or (board.height, board.width)
    if len(wanted) * height * width > LARGEST_CLIP_BYTES:
        raise ShardError(
            f"{len(wanted):,} frames of {width}x{height} are more than {LARGEST_CLIP_BYTES:,} bytes",
            "Choose fewer `frames`, or a smaller `size`.",
        )
    return len(wanted), height, width


def _parse(data: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ValueError: it is none, or too large.
    """
    if len(data) > LARGEST_JSON_MEMBER:
        raise ValueError(f"has {len(data):,} bytes, more than {LARGEST_JSON_MEMBER:,}")
    try:
        parsed = json.loads(data)
    except ValueError as error:
        raise ValueError(f"is no JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise ValueError("is no JSON object")
    return parsed


def make_sample(
    members: Mapping[str, bytes], task: str, form: TensorFormat, buffer: BatchBuffer, video: VideoSpec | None = None
) -> Sample:
    """A sample's tensors and texts.

    Args:
        video: the contract's, with which the storyboard must agree.

    Raises:
        DecodeError: its video does not give the frames it should.
        ShardError: another member is damaged.
    """
    import torch

    record, texts = read_texts(members, task, video)
    board = record.storyboard
    wanted = form.frames.select(board)
    shape = clip_shape(wanted, form, board)
    grey = buffer.next(shape)
    if form.pixels == "storyboard":
        render(board, wanted, grey.numpy())
    else:
        check_length(members["mp4"], board.frames)
        decode(members["mp4"], wanted, grey.numpy())
    sample = Sample(video=_tensor(grey, form), **texts, length=len(wanted))
    sample.time_axes = {"video": _TIME_AXIS[form.layout], "mask": 0}
    if form.mask:
        sample["mask"] = torch.from_numpy(text_mask(board, wanted, shape[1:], form.mask))
    return sample


def _tensor(grey: torch.Tensor, form: TensorFormat) -> torch.Tensor:
    """uint8 [T, H, W] in the requested form. The channels share their memory unless requested otherwise."""
    if form.dtype == "float32":
        grey = grey.float().div_(127.5).sub_(1)
    axis = _CHANNEL_AXIS[form.layout]
    video = grey.unsqueeze(axis)
    shape = list(video.shape)
    shape[axis] = form.channels
    video = video.expand(shape)
    return video.contiguous() if form.contiguous else video

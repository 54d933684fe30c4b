"""From a sample's members to tensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vwd.corpora.sample import sample_key
from vwd.errors import ShardError
from vwd.limits import LARGEST_CLIP_BYTES, LARGEST_JSON_MEMBER
from vwd.shards.json_types import type_problem
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.stream.batch_buffer import BatchBuffer
from vwd.stream.decode import check_length, decode
from vwd.stream.form import CHANNEL_AXIS, TIME_AXIS, TensorFormat
from vwd.stream.frame_selection import Numbers
from vwd.stream.lines import Lines, lines_of
from vwd.stream.render import render, text_mask
from vwd.text.storyboard import Storyboard
from vwd.video.spec import VideoSpec

if TYPE_CHECKING:
    import torch

_VERIFY = "Check the shards with 'vwd verify'."


class Sample(dict[str, Any]):
    """A sample by field name; `collate` and torch's own `default_collate` make batches of them.

    Attributes:
        time_axes: the axis of each tensor that counts frames.
    """

    time_axes: dict[str, int]


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
        record = StoryboardRecord.parse(_sized(members[name]))
        name = f"{task}.json"
        prompt = _prompt(_sized(members[name]))
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


def _sized(data: bytes) -> bytes:
    if len(data) > LARGEST_JSON_MEMBER:
        raise ValueError(f"has {len(data):,} bytes, more than {LARGEST_JSON_MEMBER:,}")
    return data


def _prompt(data: bytes) -> str:
    """The prompt in a task's member.

    Raises:
        ValueError: it has none, or is no JSON.
    """
    try:
        task = json.loads(data)
    except ValueError as error:
        raise ValueError(f"is no JSON: {error}") from error
    prompt = task.get("prompt") if isinstance(task, dict) else None
    if type_problem(prompt, str):
        raise ValueError("has no prompt, or one that is not text")
    return str(prompt)


def make_sample(
    members: Mapping[str, bytes], task: str, form: TensorFormat, buffer: BatchBuffer, video: VideoSpec | None = None
) -> Sample:
    """A sample's tensors and texts. With `device` pixels, `pages` are its lines, to be joined by `vwd.stream.pages`.

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
    if form.pixels == "device":
        sample = Sample(pages=_lines(board, wanted, form), **texts, length=len(wanted))
        sample.time_axes = {}
        return sample
    grey = buffer.next(shape)
    if form.pixels == "storyboard":
        render(board, wanted, grey.numpy())
    else:
        check_length(members["mp4"], board.frames)
        decode(members["mp4"], wanted, grey.numpy())
    sample = Sample(video=shaped(grey, form), **texts, length=len(wanted))
    sample.time_axes = {"video": TIME_AXIS[form.layout], "mask": 0}
    if form.mask:
        sample["mask"] = torch.from_numpy(text_mask(board, wanted, shape[1:], form.mask))
    return sample


def _lines(board: Storyboard, wanted: Numbers, form: TensorFormat) -> Lines:
    lines = lines_of(board, wanted, form.mask)
    if len(lines.pages) * board.height * board.width > LARGEST_CLIP_BYTES:  # a page has a table of its rows
        raise ShardError(
            f"{len(lines.pages):,} pages of {board.width}x{board.height} are more than {LARGEST_CLIP_BYTES:,} bytes",
            "Choose fewer `frames`.",
        )
    return lines


def shaped(grey: torch.Tensor, form: TensorFormat) -> torch.Tensor:
    """uint8 […, T, H, W] in the requested form. The channels share their memory unless requested otherwise."""
    from vwd.stream.shared_channels import SharedChannels

    grey = valued(grey, form)
    axis = grey.dim() - 3 + CHANNEL_AXIS[form.layout]
    video = grey.unsqueeze(axis)
    shape = list(video.shape)
    shape[axis] = form.channels
    video = video.expand(shape)
    return video.contiguous() if form.contiguous else SharedChannels.of(video)


def colours_shaped(colours: torch.Tensor, form: TensorFormat) -> torch.Tensor:
    """uint8 [B, T, H, W, C] in the requested form."""
    return valued(colours, form).movedim(-1, 1 + CHANNEL_AXIS[form.layout]).contiguous()


def valued(pixels: torch.Tensor, form: TensorFormat) -> torch.Tensor:
    """Bytes as bytes, or as numbers from -1 to 1."""
    import torch

    if form.dtype == "uint8":
        return pixels
    return pixels.float().div_(127.5).sub_(1).to(getattr(torch, form.dtype))

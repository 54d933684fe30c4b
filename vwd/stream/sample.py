"""From a sample's members to tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from vwd.corpora.sample import sample_key
from vwd.errors import ShardError
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.stream.batch_buffer import BatchBuffer
from vwd.stream.decode import check_length, decode
from vwd.stream.form import CHANNEL_AXIS, TIME_AXIS, TensorFormat
from vwd.stream.lines import lines_of
from vwd.stream.render import render, text_mask

if TYPE_CHECKING:
    import torch


class Sample(dict[str, Any]):
    """A sample by field name; `collate` and torch's own `default_collate` make batches of them.

    Attributes:
        time_axes: the axis of each tensor that counts frames.
    """

    time_axes: dict[str, int]


def read_texts(members: Mapping[str, bytes], task: str) -> tuple[StoryboardRecord, dict[str, Any]]:
    """A sample's storyboard, and its texts by field name.

    Raises:
        ShardError: a JSON member is damaged.
    """
    try:
        record = StoryboardRecord.parse(members["storyboard.json"])
        prompt = msgspec.json.decode(members[f"{task}.json"])["prompt"]
    except (ValueError, msgspec.MsgspecError, KeyError, TypeError, RecursionError) as error:
        raise ShardError(f"a JSON member is damaged: {error!r}", "Check the shards with 'vwd verify'.") from error
    texts = {name: getattr(record, name) for name in ("question", "answer", "final_answer", "dataset", "index")}
    return record, {"key": sample_key(record.dataset, record.index), "prompt": prompt, **texts, "task": task}


def make_sample(members: Mapping[str, bytes], task: str, form: TensorFormat, buffer: BatchBuffer) -> Sample:
    """A sample's tensors and texts. With `device` pixels, `pages` are its lines, to be joined by `vwd.stream.pages`.

    Raises:
        DecodeError: its video does not give the frames it should.
        ShardError: another member is damaged.
    """
    import torch

    record, texts = read_texts(members, task)
    board = record.storyboard
    wanted = form.frames.select(board)
    if form.pixels == "device":
        sample = Sample(pages=lines_of(board, wanted, form.mask), **texts, length=len(wanted))
        sample.time_axes = {}
        return sample
    height, width = form.size or (board.height, board.width)
    grey = buffer.next((len(wanted), height, width))
    if form.pixels == "storyboard":
        render(board, wanted, grey.numpy())
    else:
        check_length(members["mp4"], board.frames)
        decode(members["mp4"], wanted, grey.numpy())
    sample = Sample(video=shaped(grey, form), **texts, length=len(wanted))
    sample.time_axes = {"video": TIME_AXIS[form.layout], "mask": 0}
    if form.mask:
        sample["mask"] = torch.from_numpy(text_mask(board, wanted, (height, width), form.mask))
    return sample


def shaped(grey: torch.Tensor, form: TensorFormat) -> torch.Tensor:
    """uint8 […, T, H, W] in the requested form. The channels share their memory unless requested otherwise."""
    from vwd.stream.shared_channels import SharedChannels

    grey = _valued(grey, form)
    axis = grey.dim() - 3 + CHANNEL_AXIS[form.layout]
    video = grey.unsqueeze(axis)
    shape = list(video.shape)
    shape[axis] = form.channels
    video = video.expand(shape)
    return video.contiguous() if form.contiguous else SharedChannels.of(video)


def colours_shaped(colours: torch.Tensor, form: TensorFormat) -> torch.Tensor:
    """uint8 [B, T, H, W, C] in the requested form."""
    return _valued(colours, form).movedim(-1, 1 + CHANNEL_AXIS[form.layout]).contiguous()


def _valued(pixels: torch.Tensor, form: TensorFormat) -> torch.Tensor:
    """Bytes as bytes, or as numbers from -1 to 1."""
    import torch

    if form.dtype == "uint8":
        return pixels
    return pixels.float().div_(127.5).sub_(1).to(getattr(torch, form.dtype))

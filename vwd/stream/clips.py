"""Samples of real videos, as `vwd pack-videos` packs them: the file as it is, and a JSON of what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vwd.corpora.sample import sample_key
from vwd.errors import DecodeError, ShardError, UsageError
from vwd.limits import LARGEST_CLIP_BYTES
from vwd.shards.clip_json import KnownClip, read_known
from vwd.stream.batch_buffer import BatchBuffer
from vwd.stream.decode import Grey, decode, fit
from vwd.stream.form import TIME_AXIS, TensorFormat
from vwd.stream.frame_selection import Numbers
from vwd.stream.sample import Sample, shaped, valued

if TYPE_CHECKING:
    import torch

# FFmpeg's name of the format of each ending.
_FORMATS = {"mp4": "mp4", "mov": "mov", "mkv": "matroska", "avi": "avi"}


def check_form(form: TensorFormat, dataset: str) -> None:
    """Raises a UsageError where a form can only be had of text videos, whose every word is known."""
    for asked, what in (
        (form.pixels != "video", f"source={form.pixels!r}"),
        (form.mask is not None, f"mask={form.mask!r}"),
        (form.frames.kind == "reveals", "frames='reveals'"),
    ):
        if asked:
            raise UsageError(
                f"{what}: {dataset} holds clips, which have no storyboard",
                "Leave it out; it is for text videos alone.",
            )


def make_clip(
    members: Mapping[str, bytes], dataset: str, row: int, task: str, form: TensorFormat, buffer: BatchBuffer
) -> Sample:
    """A clip's tensor and caption. Three channels are its RGB; a single one is its luma, at full range.

    Args:
        members: the JSON and the video, by their endings.
        row: its number in the table.

    Raises:
        DecodeError: its video does not give the frames it should.
        ShardError: its JSON is damaged, or it has fewer frames than are wanted, or too large ones.
    """
    known = read_known(members["json"])
    wanted = _wanted(known, form)
    ending = next((one for one in _FORMATS if one in members), None)
    if ending is None:
        raise ShardError("the sample has no video", "Fetch or pack this shard again.")
    memory, shape = _memory(len(wanted), form.size or (known.height, known.width), form, buffer)

    def convert(frame: Any, out: Grey) -> None:
        if (frame.height, frame.width) != (known.height, known.width):
            raise DecodeError(f"a frame has {frame.width}x{frame.height} pixels, not {known.width}x{known.height}")
        _convert(frame, out)

    if form.channels == 1:
        decode(members[ending], wanted, memory.numpy(), convert, _FORMATS[ending])
        video = shaped(memory, form)
    else:
        pixels = memory.view(shape)
        channels_last = np.moveaxis(pixels.numpy(), (TIME_AXIS[form.layout], form.channel_axis), (0, 3))
        decode(members[ending], wanted, channels_last, convert, _FORMATS[ending])
        video = valued(pixels, form)
    texts = dict.fromkeys(("question", "answer", "final_answer"), "")
    sample = Sample(
        video=video, key=sample_key(dataset, row), prompt=known.text, **texts, dataset=dataset, index=row, task=task,
        length=len(wanted),
    )  # fmt: skip
    sample.time_axes = {"video": TIME_AXIS[form.layout]}
    return sample


def _wanted(known: KnownClip, form: TensorFormat) -> Numbers:
    frames = form.frames
    if frames.kind in ("evenly", "first") and frames.count > known.num_frames:
        raise ShardError(
            f"frames: {frames.count:,} of a clip of {known.num_frames:,}",
            "Give fewer `frames`, or `bucket`, which leaves out clips that are too short.",
        )
    height, width = form.size or (known.height, known.width)
    held = -(-known.num_frames // frames.count) if frames.kind == "stride" else frames.count or known.num_frames
    # The sides of the file itself, too: each of its frames is decoded whole.
    if max(held * height * width, known.height * known.width) * form.channels > LARGEST_CLIP_BYTES:
        raise ShardError(
            f"{held:,} frames of {width}x{height} are more than {LARGEST_CLIP_BYTES:,} bytes",
            "Choose fewer `frames`, or a smaller `size`.",
        )
    return frames.of(known.num_frames)


def _memory(
    count: int, size: tuple[int, int], form: TensorFormat, buffer: BatchBuffer
) -> tuple[torch.Tensor, Sequence[int]]:
    """Memory for the frames, uint8 of three axes, and the axes in which colours are to be laid out there."""
    height, width = size
    if form.channels == 1:
        return buffer.next((count, height, width)), ()
    shape = [count, height, width]
    shape.insert(form.channel_axis, form.channels)
    if form.layout == "cthw":
        return buffer.next((form.channels * count, height, width)), shape
    return buffer.next((count, form.channels * height, width)), shape


def _convert(frame: Any, out: Grey) -> None:
    """A picture as `out` has it: luma at full range, [H, W], or RGB, [H, W, 3], which may lie apart in memory."""
    picture = frame.to_ndarray(format="gray" if out.ndim == 2 else "rgb24")
    if picture.shape == out.shape:
        out[:] = picture
        return
    scaled = np.empty(out.shape, np.uint8)
    fit(picture, scaled)
    out[:] = scaled

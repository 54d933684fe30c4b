"""`open_shards`: the samples of an output as plain dictionaries of numpy arrays, without torch."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vwd.errors import OutputError, ShardError
from vwd.shards.members import TASKS
from vwd.stream.decode import check_length, decode
from vwd.stream.decode_opencv import decode_with_opencv
from vwd.stream.form import TensorFormat, check_choices, parse_size
from vwd.stream.frame_selection import Frames
from vwd.stream.render import render
from vwd.stream.sample import clip_shape, read_texts
from vwd.stream.sequential import ShardStream
from vwd.stream.source import open_source
from vwd.video.spec import VideoSpec


def open_shards(
    address: str | Path,
    *,
    task: Literal["inference", "rendering"] = "inference",
    frames: Frames | int | str | None = "all",
    size: tuple[int, int] | str | None = None,
    source: Literal["video", "storyboard"] = "video",
    ledger: str | Path | None = None,
) -> Iterator[dict[str, Any]]:
    """Every sample of an output once, in the order of the shards, which are read forwards.

    A sample has `video` (uint8 [T, H, W], grey, paper 255), `prompt`, `question`, `answer`, `final_answer`,
    `dataset`, `index`, `key`, `task`, and `length` (its frames).

    Args:
        address: the output's folder (OUT/gsm8k), or its shards' names or URLs with braces.
        frames, size, source, ledger: as in `ShardDataset`. Without PyAV (extra `torch`) OpenCV decodes: its rounding
            differs by one of 255.

    Raises:
        UsageError: an argument has another form.
        OutputError: there is no output, or no sample in it.
        ShardError: a shard is missing, damaged or cut short; while iterating.
    """
    check_choices(task=(task, TASKS), source=(source, ("video", "storyboard")))
    form = TensorFormat(Frames.parse(frames), source, parse_size(size))
    opened = open_source(address, ledger)
    if opened.clips:
        raise OutputError(f"{address}: holds clips, not text videos", "Read them with ShardDataset.")
    return (
        _sample(members, task, form, f"{shard.address}, sample {number}", opened.video)
        for shard in opened.shards
        for number, members in enumerate(ShardStream(shard, {*form.endings, f"{task}.json"}))
    )


def _sample(
    members: dict[str, bytes], task: str, form: TensorFormat, where: str, spec: VideoSpec | None
) -> dict[str, Any]:
    try:
        record, texts = read_texts(members, task, spec)
        board = record.storyboard
        wanted = form.frames.select(board)
        video = np.empty(clip_shape(wanted, form, board), np.uint8)
        if form.pixels == "storyboard":
            render(board, wanted, video)
        elif find_spec("av"):
            check_length(members["mp4"], board.frames)
            decode(members["mp4"], wanted, video)
        else:
            check_length(members["mp4"], board.frames)
            decode_with_opencv(members["mp4"], wanted, video)
    except KeyError as error:
        raise ShardError(f"{where}: has no {error.args[0]}", "Fetch or pack this shard again.") from error
    except ShardError as error:
        raise ShardError(f"{where}: {error.what}", error.hint) from error
    return {"video": video, **texts, "length": len(wanted)}

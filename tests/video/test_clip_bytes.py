"""The same frames give the same clip, however memory lies: what an interrupted run makes again is what it made."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from video.screening import drawn

from vwd.meta.clip_writer import ClipForm, ClipWriter


# With a macroblock tree x264 gives several files of most sizes, but one of 640x360.
@pytest.mark.parametrize("size", [(432, 240), (240, 282), (50, 66), (640, 360)])
def test_a_clip_has_the_same_bytes_each_time(size: tuple[int, int], tmp_path: Path) -> None:
    width, height = size
    frames = [np.ascontiguousarray(frame[:height, :width]) for frame in drawn("en")[::12]]
    draw, held, made = random.Random(0), [b""], set()
    for number in range(20):
        clip = tmp_path / f"{number}.mp4"
        writer = ClipWriter(clip, ClipForm(), Fraction(4), size, {"source": "made"})
        for frame in frames:
            writer.frame(av.VideoFrame.from_ndarray(frame, "gray"))
        writer.close()
        made.add(clip.read_bytes())
        # What is allocated next lies elsewhere, over other bytes.
        held.append(bytes([number]) * draw.randrange(2_000_000))
        del held[: draw.randrange(len(held))]
    assert len(made) == 1

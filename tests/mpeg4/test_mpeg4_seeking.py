"""Seeking to a frame gives the same picture as decoding all frames up to it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from random import Random

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from mpeg4.samples import SPEC, board_of, builtin, video_of

from vwd.text.storyboard import Storyboard
from vwd.video.mpeg4.encoder import Mpeg4Encoder
from vwd.video.spec import VideoSpec

Frames = list[npt.NDArray[np.uint8]]

# Many pages, at a rate at which no later frame starts on a full second.
QUICK = VideoSpec(320, 120, 150, Fraction(30000, 1001))
EXAMPLES = ["gsm8k", "tinystories", "quick"]


def example(name: str) -> tuple[Storyboard, bytes, VideoSpec]:
    if name != "quick":
        return builtin(name, 3), video_of(name, 3), SPEC
    lines = "\n".join(f"Shelf {number} holds {number * 4} books." for number in range(1, 24))
    board = board_of("Count the books.\nTake your time.", lines, QUICK.storyboard_spec())
    return board, Mpeg4Encoder().encode(board, QUICK), QUICK


def targets(board: Storyboard) -> list[int]:
    """The first frame, the last, those around page turns, and some at random, in random order."""
    turns = board.page_starts[1:6]
    some = Random(board.frames).sample(range(board.frames), 12)
    frames = [0, board.frames - 1, *turns, *(turn - 1 for turn in turns), *(turn + 1 for turn in turns), *some]
    Random(1).shuffle(frames)
    return frames


def decoded_frames(capture: cv2.VideoCapture) -> Iterator[npt.NDArray[np.uint8]]:
    while (read := capture.read())[0]:
        yield read[1]


@pytest.mark.parametrize("name", EXAMPLES)
def test_opencv_seeks_to_any_frame(name: str, tmp_path: Path) -> None:
    board, video, _ = example(name)
    assert board.pages > 1
    path = tmp_path / "video.mp4"
    path.write_bytes(video)
    capture = cv2.VideoCapture(str(path))
    in_order: Frames = list(decoded_frames(capture))
    assert len(in_order) == board.frames
    for frame in targets(board):
        capture.set(cv2.CAP_PROP_POS_FRAMES, frame)
        shown, picture = capture.read()
        assert shown
        assert np.array_equal(picture, in_order[frame]), frame
    capture.release()


@pytest.mark.parametrize("name", EXAMPLES)
def test_pyav_seeks_to_any_frame(name: str) -> None:
    board, video, spec = example(name)
    with av.open(io.BytesIO(video)) as container:
        in_order: Frames = [frame.to_ndarray() for frame in container.decode(video=0)]
    assert len(in_order) == board.frames
    with av.open(io.BytesIO(video)) as container:
        stream = container.streams.video[0]
        for frame in targets(board):
            pts = int(frame / spec.fps / stream.time_base)
            container.seek(pts, stream=stream)
            decoded = container.decode(stream)
            first = next(decoded)
            # Seeking goes to the start of the page that contains the frame.
            assert first.pts * stream.time_base == max(s for s in board.page_starts if s <= frame) / spec.fps
            picture = first
            while picture.pts < pts:
                picture = next(decoded)
            assert picture.pts == pts
            assert np.array_equal(picture.to_ndarray(), in_order[frame]), frame

"""Decoded as colours, paper is pure white and strokes are black."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from mpeg4.samples import builtin, video_of

from vwd.corpora.registry import CORPORA
from vwd.video.frames import grey_frames

Frames = npt.NDArray[np.uint8]


def by_pyav(video: bytes, path: Path) -> Iterator[Frames]:
    with av.open(io.BytesIO(video)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def by_opencv(video: bytes, path: Path) -> Iterator[Frames]:
    path.write_bytes(video)
    capture = cv2.VideoCapture(str(path))
    while (read := capture.read())[0]:
        yield read[1]
    capture.release()


READERS: dict[str, Callable[[bytes, Path], Iterator[Frames]]] = {"PyAV": by_pyav, "OpenCV": by_opencv}


def without_ink(drawn: Frames) -> npt.NDArray[np.bool_]:
    """Which samples are in a 16x16 macroblock with paper only: [frames, height, width]."""
    frames, height, width = drawn.shape
    rows, columns = -(-height // 16), -(-width // 16)
    padded = np.pad(drawn, ((0, 0), (0, rows * 16 - height), (0, columns * 16 - width)), constant_values=255)
    blank: npt.NDArray[np.bool_] = padded.reshape(frames, rows, 16, columns, 16).min(axis=(2, 4)) == 255
    return blank.repeat(16, axis=1).repeat(16, axis=2)[:, :height, :width]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("corpus", "number"), [("gsm8k", 3), ("belle_school_math", 3), ("tinystories", 0)])
def test_macroblocks_without_ink_are_exactly_white(corpus: str, number: int, reader: str, tmp_path: Path) -> None:
    blank = without_ink(grey_frames(builtin(corpus, number)))
    assert 0.2 < blank.mean() < 1
    frames = READERS[reader](video_of(corpus, number), tmp_path / "video.mp4")
    for frame, paper in zip(frames, blank, strict=True):
        assert frame.shape == (360, 640, 3)
        assert (frame[paper] == 255).all()


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("corpus", CORPORA)
def test_full_ink_is_black_at_the_edge_of_a_stroke_too(corpus: str, reader: str, tmp_path: Path) -> None:
    for number in range(3):
        full = grey_frames(builtin(corpus, number)) == 0
        lightest = 0
        for frame, ink in zip(READERS[reader](video_of(corpus, number), tmp_path / "video.mp4"), full, strict=True):
            assert (frame[..., :1] == frame).all()
            lightest = max(lightest, int(frame[ink].max()))
        assert 0 < lightest < 12

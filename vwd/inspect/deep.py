"""Decoding videos, and reading them back: what `vwd verify --decode` and `--read` check of a sample."""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vwd.errors import DecodeError
from vwd.grade.score import Rendering, score_rendering
from vwd.grade.truths import Truth
from vwd.readback import read_frames
from vwd.readback.files import timed_frames
from vwd.readback.ink import Grey
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.text.storyboard import Storyboard
from vwd.video.frames import play

# Of 255: by how much a square of so many pixels may differ from the storyboard on average. Codecs err by up to 15; a
# full stop that is missing makes 60.
_TOLERANCE, _SQUARE = 32, 8
# Blocks of a codec without ink are exactly white, but for the rounding of some decoders.
_WHITE, _BLOCK = 252, 16
# Seconds by which the time of a frame may be off: decoders give it in milliseconds as a float.
_MOMENT = 1e-4


@dataclass(frozen=True)
class DeepCheck:
    """What is checked beyond headers, and of how many samples.

    Attributes:
        decode: compare each decoded frame with the storyboard, and its time with the frame rate.
        read: read the text back, and compare it.
        sample_rate: of all samples, the share that is checked: always the same ones, at least one of each shard.
        failures: a folder for pictures of samples that differ.
        always: the key of a sample that is checked in any case.
    """

    decode: bool = False
    read: bool = False
    sample_rate: float = 1.0
    failures: Path | None = None
    always: str = ""

    def with_one_of(self, keys: Collection[str]) -> DeepCheck:
        """The same check, which chooses at least one of these samples: a check of none would find all of them right."""
        return replace(self, always=min(keys, key=_place, default=""))

    def chooses(self, key: str) -> bool:
        """Whether a sample is one of those that are checked."""
        return (self.decode or self.read) and (_place(key) < self.sample_rate * 2**32 or key == self.always)

    @property
    def how(self) -> dict[str, bool | float]:
        """The checks as JSON; empty where there are none."""
        if not (self.decode or self.read):
            return {}
        return {"decode": self.decode, "read": self.read, "sample_rate": self.sample_rate}

    def problems(self, key: str, video: bytes, record: StoryboardRecord, fps: Fraction) -> list[str]:
        """What is wrong with a video that should show so many frames a second."""
        try:
            timed = list(timed_frames(video))
        except (DecodeError, ValueError) as error:
            return [error.what if isinstance(error, DecodeError) else str(error)]
        frames = [frame for _, frame in timed]
        found: list[str] = []
        try:
            if self.decode:
                found += time_problems([seconds for seconds, _ in timed], fps)
                found += frame_problems(frames, record.storyboard)
            if self.read:
                found += reading_problems(frames, key, record)
        except ValueError as error:
            found.append(f"its storyboard {error}")
        if found and self.failures:
            _save(self.failures / f"{re.sub('[^A-Za-z0-9_-]', '_', key)}.png", frames, record.storyboard)
        return found


HEADERS_ONLY = DeepCheck()


def _place(key: str) -> int:
    """Where a sample is among all of them, in an order that has nothing to do with their rows; below 2**32."""
    return zlib.crc32(key.encode())


def time_problems(seconds: Iterable[float], fps: Fraction) -> Iterator[str]:
    """The first frame that is not shown at its number / fps, in seconds after the start of the video."""
    for number, shown in enumerate(seconds):
        expected = float(number / fps)
        if abs(shown - expected) > _MOMENT:
            yield f"frame {number} is shown at {shown:.3f} s, not {expected:.3f} s"
            return


def frame_problems(frames: Iterable[Grey], board: Storyboard) -> Iterator[str]:
    """How decoded frames differ from a storyboard: their number, the paper, and the first place with wrong ink."""
    canvas = np.empty((board.height, board.width), np.uint8)
    count, grey, wrong = 0, "", ""
    expected = play(board, canvas)
    for count, frame in enumerate(frames, 1):
        if next(expected, None) is None or frame.shape != canvas.shape:
            continue
        error = _means(cv2.absdiff(frame, canvas), _SQUARE)
        if not wrong and error.max() > _TOLERANCE:
            y, x = np.unravel_index(error.argmax(), error.shape)
            wrong = f"frame {count - 1} differs from the storyboard at {x * _SQUARE},{y * _SQUARE}"
        if not grey and (value := _least_paper(frame, canvas)) < _WHITE:
            grey = f"frame {count - 1} has paper of {value}, not white"
    if count != board.frames:
        yield f"it decodes to {count} frames, not {board.frames}"
    yield from (what for what in (wrong, grey) if what)


def _means(picture: npt.NDArray[Any], square: int) -> npt.NDArray[Any]:
    height, width = picture.shape
    size = max(1, width // square), max(1, height // square)
    means: npt.NDArray[Any] = cv2.resize(
        picture[: size[1] * square, : size[0] * square], size, interpolation=cv2.INTER_AREA
    )
    return means


def _least_paper(frame: Grey, canvas: Grey) -> int:
    """The darkest pixel in the blocks that the storyboard leaves white."""
    height, width = (side // _BLOCK * _BLOCK for side in canvas.shape)
    by_block = (height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    empty = canvas[:height, :width].reshape(by_block).min(axis=(1, 3)) == 255
    darkest = frame[:height, :width].reshape(by_block).min(axis=(1, 3))
    return int(darkest[empty].min(initial=255))


def reading_problems(frames: Iterable[Grey], key: str, record: StoryboardRecord) -> Iterator[str]:
    """How the text that is read differs from a storyboard's: words, and the frames at which they appear."""
    board = record.storyboard
    truth = Truth(key, record.question, record.answer, record.final_answer, board.language, board)
    score = score_rendering(read_frames(frames, board.language, truth.page), truth)
    if not score.exact:
        yield f"reads differently, expected → found: {'; '.join(score.differences)}"
    elif score.on_time < 1:
        yield _untimely(score)


def _untimely(score: Rendering) -> str:
    return f"{1 - score.on_time:.1%} of its words appear at other frames, by {score.off:.1f} frames on average"


def _save(path: Path, frames: list[Grey], board: Storyboard) -> None:
    """A picture of the last frame of each page: as decoded, and as the storyboard has it beside."""
    canvas = np.empty((board.height, board.width), np.uint8)
    lasts = {start - 1 for start in board.page_starts[1:]} | {board.frames - 1}
    rows = [
        np.hstack([cv2.resize(frames[number], (board.width, board.height)), canvas])
        for number, _ in enumerate(play(board, canvas))
        if number in lasts and number < len(frames)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    if rows:
        cv2.imwrite(str(path), np.vstack(rows))

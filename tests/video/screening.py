"""Storyboards, their videos decoded by two libraries, and how close a picture is to the frame that was drawn."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from vwd.corpora.sample import Language, Sample
from vwd.text.layout import lay_out
from vwd.text.storyboard import Storyboard
from vwd.video.encoders import get_encoder
from vwd.video.fonts import Fonts
from vwd.video.frames import grey_frames
from vwd.video.spec import VideoSpec

Grey = npt.NDArray[np.uint8]

TEXTS: dict[str, tuple[Language, str, str]] = {
    "en": (
        "en",
        "Ilse has 14 jars of plum jam and 9 jars of honey.\nShe gives a third of the honey away.\nWhat is left?",
        "\n".join(f"Step {n}: she has “{n * 3}” jars, i.e. {n}*3 = {n * 3}." for n in range(1, 14)),
    ),
    "zh": (
        "zh",
        "农场里有 14 只小羊和 9 头奶牛。\n卖掉三分之一的奶牛以后，还剩多少只动物？",
        "".join(f"第{n}步：先算（{n}×3）＝{n * 3}，“一共”有{n * 3}只。\n" for n in range(1, 14)).strip(),
    ),
    "spilling": ("en", "\n".join(f"Line {n} of a long question." for n in range(25)), "Nine, no more."),
    "paced": (
        "en",
        "\n".join(f"Line {n} of eleven." for n in range(1, 12)),
        " ".join(f"number{n}" for n in range(400)),
    ),
}
# Held prompt, a separator on the answer's page, several words a frame.
PACED: dict[str, Any] = {"pace": "fit", "prompt_hold": 5, "separator": "always"}


@cache
def board_of(name: str, spec: VideoSpec | None = None) -> Storyboard:
    language, prompt, answer = TEXTS[name]
    sample = Sample("example", 0, prompt, answer, "", language, "question")
    settings = PACED if name == "paced" else {}
    board = lay_out(sample, (spec or VideoSpec()).storyboard_spec(**settings), Fonts())
    assert isinstance(board, Storyboard), board
    return board


@cache
def video_of(encoder: str, name: str, spec: VideoSpec | None = None) -> bytes:
    return get_encoder(encoder).encode(board_of(name, spec), spec or VideoSpec())


@cache
def drawn(name: str, spec: VideoSpec | None = None) -> Grey:
    return grey_frames(board_of(name, spec))


def seen_by_cv2(path: Path) -> Iterator[Grey]:
    capture = cv2.VideoCapture(str(path))
    while True:
        decoded, picture = capture.read()
        if not decoded:
            break
        yield np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    capture.release()


def seen_by_av(data: bytes) -> Iterator[Grey]:
    with av.open(io.BytesIO(data)) as container:
        for picture in container.decode(video=0):
            yield picture.to_ndarray(format="rgb24")[:, :, 1]


def psnr(picture: Grey, expected: Grey) -> float:
    """In decibels; 99 where they are equal."""
    error = float(np.mean(np.square(picture.astype(np.float32) - expected)))
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))


def top_boxes(data: bytes) -> list[str]:
    """The kinds of an mp4's outermost boxes, in order."""
    kinds, at = [], 0
    while at < len(data):
        kinds.append(data[at + 4 : at + 8].decode("latin-1"))
        at += int.from_bytes(data[at : at + 4], "big")
    return kinds

"""Exported videos, decoded by OpenCV, show the frames of their storyboards."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from conftest import Run

from vwd.shards.storyboard_json import StoryboardRecord
from vwd.video.frames import grey_frames

Frames = npt.NDArray[np.uint8]


def decode(video: Path) -> tuple[Frames, float]:
    """All frames in grey [frames, height, width], and the rate."""
    capture = cv2.VideoCapture(str(video))
    rate = capture.get(cv2.CAP_PROP_FPS)
    frames = []
    while True:
        there, frame = capture.read()
        if not there:
            return np.stack(frames), rate
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))


@pytest.mark.parametrize("encoder", ["mpeg4", "opencv", "h264"])
@pytest.mark.parametrize("dataset", ["gsm8k", "belle_school_math"])
def test_a_video_shows_its_storyboard_frame_by_frame(run: Run, tmp_path: Path, dataset: str, encoder: str) -> None:
    run("pack", dataset, "--rows", "builtin", "--num-samples", 2, "--encoder", encoder, "--num-workers", 1)
    run("export-jsonl")
    with tarfile.open(tmp_path / "shards" / dataset / f"{dataset}-000000.tar") as tar:
        for key in (f"{dataset}_000000", f"{dataset}_000001"):
            told = json.loads(tar.extractfile(f"{key}.storyboard.json").read())
            drawn = grey_frames(StoryboardRecord.from_json(told).storyboard)
            frames, rate = decode(tmp_path / "export" / dataset / "video" / f"{key}.mp4")
            assert frames.shape == drawn.shape == (193, 360, 640)
            assert rate == pytest.approx(19.3)
            assert min(map(cv2.PSNR, frames, drawn)) > 30
            # Against the frame of another moment it does not match: the words do appear.
            assert cv2.PSNR(frames[0], drawn[-1]) < 25


def test_frame_0_shows_the_prompt_alone_and_the_last_frames_stand_still(run: Run, tmp_path: Path) -> None:
    run("pack", "gsm8k", "--rows", "builtin", "--num-samples", 1, "--num-workers", 1)
    run("export-jsonl")
    with tarfile.open(tmp_path / "shards" / "gsm8k" / "gsm8k-000000.tar") as tar:
        told = json.loads(tar.extractfile("gsm8k_000000.storyboard.json").read())
    frames, _ = decode(tmp_path / "export" / "gsm8k" / "video" / "gsm8k_000000.mp4")
    dark = (frames < 128).sum(axis=(1, 2))
    answer = [word for word in told["words"] if word["frame"] >= told["prompt_frames"]]
    assert answer
    for word in answer:
        x, y, width, height = word["box"]
        assert (frames[0, y : y + height, x : x + width] > 128).all()
    last = answer[-1]["frame"]
    assert dark[last] > dark[0]
    assert np.abs(frames[last:].astype(int) - frames[-1]).max() < 64

"""Exported videos, decoded by OpenCV, show the frames of their storyboards."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from conftest import Run
from shards.damage import read_members

from vwd.shards.storyboard_json import StoryboardRecord
from vwd.video.frames import grey_frames

Frames = npt.NDArray[np.uint8]


def decode(video: Path) -> tuple[Frames, float]:
    """All frames in grey [frames, height, width], and the rate."""
    capture = cv2.VideoCapture(str(video))
    rate = capture.get(cv2.CAP_PROP_FPS)
    frames: list[Frames] = []
    while True:
        decoded, frame = capture.read()
        if not decoded:
            return np.stack(frames), rate
        frames.append(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), np.uint8))


@pytest.mark.parametrize("encoder", ["mpeg4", "opencv", "h264"])
@pytest.mark.parametrize("dataset", ["gsm8k", "belle_school_math"])
def test_a_video_shows_its_storyboard_frame_by_frame(run: Run, tmp_path: Path, dataset: str, encoder: str) -> None:
    run("pack", dataset, "--rows", "builtin", "--num-samples", 2, "--encoder", encoder, "--num-workers", 1)
    run("export-jsonl")
    members = dict(read_members(tmp_path / "shards" / dataset / f"{dataset}-000000.tar"))
    for key in (f"{dataset}_000000", f"{dataset}_000001"):
        record = StoryboardRecord.from_json(json.loads(members[f"{key}.storyboard.json"]))
        drawn = grey_frames(record.storyboard)
        frames, rate = decode(tmp_path / "export" / dataset / "video" / f"{key}.mp4")
        assert frames.shape == drawn.shape == (193, 360, 640)
        assert rate == pytest.approx(19.3)
        assert min(map(cv2.PSNR, frames, drawn)) > 30
        # The first and the last frame differ: words do appear.
        assert cv2.PSNR(frames[0], drawn[-1]) < 25


def test_frame_0_shows_only_the_prompt_and_the_last_frames_do_not_change(run: Run, tmp_path: Path) -> None:
    run("pack", "gsm8k", "--rows", "builtin", "--num-samples", 1, "--num-workers", 1)
    run("export-jsonl")
    members = dict(read_members(tmp_path / "shards" / "gsm8k" / "gsm8k-000000.tar"))
    record = json.loads(members["gsm8k_000000.storyboard.json"])
    frames, _ = decode(tmp_path / "export" / "gsm8k" / "video" / "gsm8k_000000.mp4")
    dark = (frames < 128).sum(axis=(1, 2))
    answer = [word for word in record["words"] if word["frame"] >= record["prompt_frames"]]
    assert answer
    for word in answer:
        x, y, width, height = word["box"]
        assert (frames[0, y : y + height, x : x + width] > 128).all()
    last = answer[-1]["frame"]
    assert dark[last] > dark[0]
    assert np.abs(frames[last:].astype(int) - frames[-1]).max() < 64

"""`vwd pack --preset`: clips of the size, length and rate that a family of models takes."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
from conftest import Run
from shards.damage import read_members

from vwd.cli.page_options import _PRESETS
from vwd.video.presets import PRESETS
from vwd.video.spec import VideoSpec

ALL = pytest.mark.parametrize("name", PRESETS)


def test_the_command_line_names_every_preset() -> None:
    assert tuple(PRESETS) == _PRESETS


@ALL
def test_a_preset_fits_the_models_latents_and_has_lines_for_text(name: str) -> None:
    preset = PRESETS[name]
    video = VideoSpec.parse(preset.size, preset.frames, preset.fps)
    assert (video.width % preset.side, video.height % preset.side, video.frames % preset.step) == (0, 0, 1)
    page = video.storyboard_spec(font_size=preset.font_size).page
    assert page.lines >= 8
    assert page.line_width >= 30 * round(0.6 * preset.font_size)
    assert preset.source


@ALL
def test_packed_videos_are_as_the_preset_says(run: Run, tmp_path: Path, name: str) -> None:
    preset = PRESETS[name]
    run("pack", "gsm8k", "--rows", "builtin", "--num-samples", 1, "--num-workers", 1, "--preset", name)
    contract = json.loads((tmp_path / "shards" / "gsm8k" / "pack.json").read_bytes())
    assert contract["storyboard"]["font_size"] == preset.font_size
    assert contract["storyboard"]["pace"] == "fit"
    (video,) = (data for one, data in read_members(tmp_path / "shards/gsm8k/gsm8k-000000.tar") if one.endswith("mp4"))
    (tmp_path / "one.mp4").write_bytes(video)
    capture = cv2.VideoCapture(str(tmp_path / "one.mp4"))
    sides = (capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    assert sides == tuple(map(float, preset.size.split("x")))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == preset.frames
    assert capture.get(cv2.CAP_PROP_FPS) == float(preset.fps)


def test_what_is_given_beside_a_preset_counts(run: Run, tmp_path: Path) -> None:
    more = ("--frames", 33, "--preset", "wan", "--font-size", 28)
    run("pack", "gsm8k", "--rows", "builtin", "--num-samples", 1, "--num-workers", 1, *more)
    contract = json.loads((tmp_path / "shards" / "gsm8k" / "pack.json").read_bytes())
    assert contract["video"] == {"width": 832, "height": 480, "frames": 33, "fps": "16/1"}
    assert contract["storyboard"]["font_size"] == 28

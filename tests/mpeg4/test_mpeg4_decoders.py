"""Three decoders, one of them not FFmpeg's, read a video without a warning and agree on its pictures."""

from __future__ import annotations

import io
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import av.logging
import pytest
from conftest import HANG_SECONDS, environment
from hypothesis import HealthCheck, given, settings
from mpeg4.random_boards import random_boards
from mpeg4.samples import SPEC, board_of, builtin, proof, video_of, xvid

from vwd.text.storyboard import Storyboard
from vwd.video.mpeg4.encoder import Mpeg4Encoder
from vwd.video.spec import VideoSpec

pytest_plugins = ["mpeg4.xvidcore"]

SMALL = VideoSpec(326, 178, 90, Fraction(30000, 1001))


def small_board() -> Storyboard:
    prompt = "Two crates hold 17 bottles each;\nfive of them are broken."
    answer = "17 and 17 make 34 bottles.\nFive broken ones are taken away:\n34 - 5 = 29.\nSo 29 are left over."
    return board_of(prompt, answer, SMALL.storyboard_spec(21))


def example(name: str) -> tuple[Storyboard, VideoSpec, bytes]:
    if name == "small":
        return small_board(), SMALL, Mpeg4Encoder().encode(small_board(), SMALL)
    return builtin(name, 3), SPEC, video_of(name, 3)


EXAMPLES = ["gsm8k", "belle_school_math", "small"]


def ffmpeg_messages(video: bytes) -> list[str]:
    """The warnings and errors of FFmpeg's libraries while PyAV opens and decodes a video."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture(local=False) as captured:
            assert sum(1 for _ in proof.pyav_pictures(video)) > 0
            return [text for _, _, text in captured]
    finally:
        av.logging.set_level(level)


@pytest.mark.parametrize("name", EXAMPLES)
def test_pyav_reports_nothing_with_error_detection_on(name: str) -> None:
    _, spec, video = example(name)
    assert ffmpeg_messages(video) == []
    with av.open(io.BytesIO(video), options={"err_detect": "explode"}) as container:
        assert sum(1 for _ in container.decode(video=0)) == spec.frames


def test_pyav_refuses_a_video_with_bytes_set_to_zero() -> None:
    video = video_of("gsm8k", 3)
    sample = max(xvid.read_pictures(video).samples, key=len)
    damaged = sample[:100] + bytes(32) + sample[132:]
    with pytest.raises(av.FFmpegError):
        ffmpeg_messages(video.replace(sample, damaged))


@pytest.mark.parametrize("name", EXAMPLES)
def test_opencv_reports_nothing(name: str, tmp_path: Path) -> None:
    _, spec, video = example(name)
    path = tmp_path / "video.mp4"
    path.write_bytes(video)
    assert opencv_output(path) == [str(spec.frames)] * 2
    path.write_bytes(video[: len(video) // 2])
    assert "partial file" in " ".join(opencv_output(path))


def opencv_output(path: Path) -> list[str]:
    """The number of frames in the header, the number of decoded frames, and FFmpeg's warnings."""
    program = (
        "import cv2, sys; c = cv2.VideoCapture(sys.argv[1]); print(int(c.get(cv2.CAP_PROP_FRAME_COUNT)))\n"
        "print(sum(1 for _ in iter(c.grab, False)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        env=environment(OPENCV_FFMPEG_DEBUG="1", OPENCV_FFMPEG_LOGLEVEL="24"),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=HANG_SECONDS, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", EXAMPLES)
def test_three_decoders_agree_within_two_grey_levels(name: str, xvidcore: str) -> None:
    board, spec, video = example(name)
    seen = proof.prove(video, board, spec, xvidcore)
    assert len(seen.squared_errors) == spec.frames
    assert set(seen.differences) == {"OpenCV", "Xvid"}
    assert max(seen.differences.values()) <= 2


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(random_boards())
def test_xvid_agrees_on_any_storyboard(xvidcore: str, board_and_spec: tuple[Storyboard, VideoSpec]) -> None:
    board, spec = board_and_spec
    video = Mpeg4Encoder().encode(board, spec)
    pairs = list(zip(proof.checked(video, board, spec, proof.Proof()), xvid.decode(video, xvidcore), strict=True))
    assert len(pairs) == spec.frames
    assert max(proof.difference(luma, other) for luma, other in pairs) <= 2


def test_each_sample_is_one_picture_and_the_stream_header_is_not(xvidcore: str) -> None:
    _, spec, video = example("small")
    pictures = xvid.read_pictures(video)
    assert (pictures.width, pictures.height, len(pictures.samples)) == (spec.width, spec.height, spec.frames)
    with xvid.Xvid(xvidcore, spec.width, spec.height) as decoder:
        assert decoder.decode(pictures.header) == []
        assert [len(decoder.decode(sample)) for sample in pictures.samples] == [1] * spec.frames

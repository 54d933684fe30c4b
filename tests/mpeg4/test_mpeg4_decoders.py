"""Three decoders, one of them not FFmpeg's, read a video without a complaint and see the same."""

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
from mpeg4.films import films
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


def film(name: str) -> tuple[Storyboard, VideoSpec, bytes]:
    if name == "small":
        return small_board(), SMALL, Mpeg4Encoder().encode(small_board(), SMALL)
    return builtin(name, 3), SPEC, video_of(name, 3)


FILMS = ["gsm8k", "belle_school_math", "small"]


def heard(video: bytes) -> list[str]:
    """What FFmpeg's libraries say, from warnings on, while PyAV opens and decodes a video."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture(local=False) as captured:
            assert sum(1 for _ in proof.pyav_pictures(video)) > 0
            return [text for _, _, text in captured]
    finally:
        av.logging.set_level(level)


@pytest.mark.parametrize("name", FILMS)
def test_pyav_says_nothing_with_error_detection_on(name: str) -> None:
    _, spec, video = film(name)
    assert heard(video) == []
    with av.open(io.BytesIO(video), options={"err_detect": "explode"}) as container:
        assert sum(1 for _ in container.decode(video=0)) == spec.frames


def test_pyav_refuses_a_video_with_a_hole_in_it() -> None:
    video = video_of("gsm8k", 3)
    sample = max(xvid.read_pictures(video).samples, key=len)
    holed = sample[:100] + bytes(32) + sample[132:]
    with pytest.raises(av.FFmpegError):
        heard(video.replace(sample, holed))


@pytest.mark.parametrize("name", FILMS)
def test_opencv_says_nothing(name: str, tmp_path: Path) -> None:
    _, spec, video = film(name)
    path = tmp_path / "video.mp4"
    path.write_bytes(video)
    assert said_by_opencv(path) == [str(spec.frames)] * 2
    path.write_bytes(video[: len(video) // 2])
    assert "partial file" in " ".join(said_by_opencv(path))


def said_by_opencv(path: Path) -> list[str]:
    """The number of frames as the header tells it, and as they are read; and whatever FFmpeg warns of."""
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


@pytest.mark.parametrize("name", FILMS)
def test_three_decoders_agree_within_two_grey_levels(name: str, xvidcore: str) -> None:
    board, spec, video = film(name)
    seen = proof.prove(video, board, spec, xvidcore)
    assert len(seen.squared_errors) == spec.frames
    assert set(seen.differences) == {"OpenCV", "Xvid"}
    assert max(seen.differences.values()) <= 2


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(films())
def test_xvid_agrees_on_any_storyboard(xvidcore: str, one: tuple[Storyboard, VideoSpec]) -> None:
    board, spec = one
    video = Mpeg4Encoder().encode(board, spec)
    pairs = list(zip(proof.checked(video, board, spec, proof.Proof()), xvid.decode(video, xvidcore), strict=True))
    assert len(pairs) == spec.frames
    assert max(proof.difference(luma, other) for luma, other in pairs) <= 2


def test_each_sample_is_one_picture_and_the_stream_header_none(xvidcore: str) -> None:
    _, spec, video = film("small")
    pictures = xvid.read_pictures(video)
    assert (pictures.width, pictures.height, len(pictures.samples)) == (spec.width, spec.height, spec.frames)
    with xvid.Xvid(xvidcore, spec.width, spec.height) as decoder:
        assert decoder.decode(pictures.header) == []
        assert [len(decoder.decode(sample)) for sample in pictures.samples] == [1] * spec.frames

"""Each encoder's video has the frames that were drawn, decoded by either library, and always the same bytes."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import cv2
import pytest
from video.screening import board_of, drawn, psnr, seen_by_av, seen_by_cv2, top_boxes, video_of

from vwd.errors import UsageError
from vwd.video.encoders import ENCODERS, get_encoder
from vwd.video.mp4 import read_header
from vwd.video.spec import VideoSpec

CODECS = {"opencv": "mp4v", "mpeg4": "mp4v", "h264": "avc1"}
NAMES = ["en", "zh", "spilling"]


@pytest.mark.parametrize("name", ["en", "zh"])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_opencv_decodes_the_frames_that_were_drawn(encoder: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "video.mp4").write_bytes(video_of(encoder, name))
    pictures = list(seen_by_cv2(tmp_path / "video.mp4"))
    assert len(pictures) == 193
    assert {picture.shape for picture in pictures} == {(360, 640)}
    assert min(psnr(seen, expected) for seen, expected in zip(pictures, drawn(name), strict=True)) > 30


@pytest.mark.parametrize("name", ["en", "zh", "paced"])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_pyav_decodes_the_frames_that_were_drawn(encoder: str, name: str) -> None:
    pictures = list(seen_by_av(video_of(encoder, name)))
    assert len(pictures) == 193
    assert {picture.shape for picture in pictures} == {(360, 640)}
    assert min(psnr(seen, expected) for seen, expected in zip(pictures, drawn(name), strict=True)) > 30


@pytest.mark.parametrize("encoder", ENCODERS)
def test_opencv_reports_193_frames_at_19_3_a_second(encoder: str, tmp_path: Path) -> None:
    (tmp_path / "video.mp4").write_bytes(video_of(encoder, "en"))
    capture = cv2.VideoCapture(str(tmp_path / "video.mp4"))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 193
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(19.3, abs=1e-6)
    assert (capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (640, 360)
    capture.release()


@pytest.mark.parametrize("encoder", ENCODERS)
def test_pyav_reports_ten_seconds_of_evenly_spaced_frames(encoder: str) -> None:
    with av.open(io.BytesIO(video_of(encoder, "zh"))) as container:
        stream = container.streams.video[0]
        assert (stream.frames, stream.average_rate) == (193, Fraction(193, 10))
        assert stream.duration * stream.time_base == 10
        times = [picture.pts * stream.time_base for picture in container.decode(stream)]
    assert times == [Fraction(10 * n, 193) for n in range(193)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_header_names_codec_size_length_and_rate(encoder: str, name: str) -> None:
    assert read_header(video_of(encoder, name)) == (CODECS[encoder], 640, 360, 193, Fraction(193, 10))


@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_header_comes_before_the_media_data(encoder: str) -> None:
    kinds = top_boxes(video_of(encoder, "en"))
    assert kinds[0] == "ftyp"
    assert kinds.index("moov") < kinds.index("mdat")


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_sample_has_the_same_bytes_whatever_was_encoded_before(encoder: str) -> None:
    used = get_encoder(encoder)
    first = {name: used.encode(board_of(name), VideoSpec()) for name in NAMES}
    assert len(set(first.values())) == len(NAMES)
    again = {name: used.encode(board_of(name), VideoSpec()) for name in reversed(NAMES)}
    assert again == first
    assert {name: video_of(encoder, name) for name in NAMES} == first


@pytest.mark.parametrize(
    "spec",
    [
        VideoSpec(320, 240, 24, Fraction(24)),
        VideoSpec(320, 240, 48, Fraction(30000, 1001)),
        VideoSpec(frames=48, fps=Fraction(30000, 1001)),
        VideoSpec(426, 238, 20, Fraction(25, 2)),
        VideoSpec(854, 480, 30, Fraction(60)),
    ],
    ids=lambda spec: f"{spec.width}x{spec.height} {spec.frames} at {spec.fps}",
)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_other_sizes_lengths_and_rates_are_encoded_as_requested(encoder: str, spec: VideoSpec) -> None:
    data = video_of(encoder, "spilling", spec)
    pictures = list(seen_by_av(data))
    assert len(pictures) == spec.frames
    assert min(psnr(seen, expected) for seen, expected in zip(pictures, drawn("spilling", spec), strict=True)) > 30
    assert read_header(data) == (CODECS[encoder], spec.width, spec.height, spec.frames, spec.fps)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_an_encoder_names_itself_and_what_its_bytes_depend_on(encoder: str) -> None:
    identity = get_encoder(encoder).identity
    assert identity["name"] == encoder
    assert len(identity) > 1
    assert all(isinstance(value, str) for value in identity.values())
    assert get_encoder(encoder).identity == identity


def test_an_unknown_encoder_is_refused_with_the_supported_ones() -> None:
    with pytest.raises(UsageError, match="'av1'") as caught:
        get_encoder("av1")
    assert all(name in caught.value.hint for name in ENCODERS)

"""Every storyboard, of any size, length, rate and text, has a video that shows it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpeg4.bitreader import BitReader
from mpeg4.random_boards import RATES, random_boards
from mpeg4.samples import board_of, proof, xvid

from vwd.errors import UsageError
from vwd.text.storyboard import Storyboard
from vwd.video.mp4 import read_header
from vwd.video.mpeg4.encoder import Mpeg4Encoder
from vwd.video.spec import VideoSpec

# The edges of what a spec allows: the longest pauses, the highest rate, the finest clock.
ODD_RATES = [Fraction(rate) for rate in ("1/2", "7/65535", "1/65535", "1000", "65535/65534", "2", "256", "257/2")]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(random_boards(), st.sampled_from([3, 3, 2, 5]))
def test_any_storyboard_decodes_to_its_own_frames(board_and_spec: tuple[Storyboard, VideoSpec], quality: int) -> None:
    board, spec = board_and_spec
    video = Mpeg4Encoder(quality).encode(board, spec)
    seen = proof.Proof()
    shapes = {luma.shape for luma in proof.checked(video, board, spec, seen)}
    assert shapes == {(spec.height, spec.width)}
    assert len(seen.squared_errors) == spec.frames
    assert seen.decibels[1] > 35
    assert seen.strays == 0
    header = read_header(video)
    assert (header.width, header.height, header.frames, header.fps) == (spec.width, spec.height, spec.frames, spec.fps)


def checked(spec: VideoSpec, font_size: int = 28) -> tuple[bytes, proof.Proof]:
    """A video of a few words, decoded; the number, times and samples of its frames are checked."""
    board = board_of("Nine.", "Three times\nthree.", spec.storyboard_spec(font_size))
    video = Mpeg4Encoder().encode(board, spec)
    seen = proof.Proof()
    assert sum(1 for _ in proof.checked(video, board, spec, seen)) == spec.frames
    assert seen.strays == 0
    return video, seen


@pytest.mark.parametrize("rate", ODD_RATES, ids=str)
def test_frames_are_shown_at_the_right_time_at_any_rate(rate: Fraction) -> None:
    video, seen = checked(VideoSpec(320, 160, 70, rate))
    assert seen.decibels[1] > 40
    assert read_header(video).fps == rate


@pytest.mark.parametrize("rate", [*RATES, *ODD_RATES], ids=str)
def test_the_stream_header_has_the_correct_rate_or_none(rate: Fraction) -> None:
    video, _ = checked(VideoSpec(320, 160, 4, rate))
    header = xvid.read_pictures(video).header
    layer = BitReader.packed(header[header.index(b"\x00\x00\x01\x20") + 4 :])
    assert [layer.read(width) for width in (1, 8, 1, 4, 1, 2, 1, 1, 2, 1)] == [0, 1, 0, 1, 1, 1, 1, 0, 0, 1]
    resolution = layer.read(16)
    assert layer.read(1) == 1
    if layer.read(1):  # fixed_vop_rate: then the ticks between pictures, in as many bits as a time within a second
        ticks = layer.read(max(1, (resolution - 1).bit_length()))
        assert (resolution, ticks) == (rate.numerator, rate.denominator)
    assert layer.read(1) == 1
    assert (layer.read(13), layer.read(1), layer.read(13)) == (320, 1, 160)


@pytest.mark.parametrize("rate", [*RATES, *ODD_RATES], ids=str)
def test_each_picture_has_its_own_time(rate: Fraction) -> None:
    video, _ = checked(VideoSpec(320, 160, 60, rate))
    seconds = 0
    for frame, sample in enumerate(xvid.read_pictures(video).samples):
        picture = BitReader.packed(sample)
        assert (picture.read(32), picture.read(2)) == (0x1B6, min(frame, 1))
        while picture.read(1):  # modulo_time_base: the seconds since the picture before
            seconds += 1
        assert picture.read(1) == 1
        ticks = picture.read(max(1, (rate.numerator - 1).bit_length()))
        assert (picture.read(1), picture.read(1)) == (1, 1)
        assert seconds + Fraction(ticks, rate.numerator) == frame / rate


def test_a_long_video_has_correct_times_up_to_its_end() -> None:
    checked(VideoSpec(128, 64, 1500, Fraction(30000, 1001)), 16)


@pytest.mark.parametrize(("width", "height"), [(8190, 64), (128, 8190)])
def test_the_largest_sides_that_the_format_allows_are_shown(width: int, height: int) -> None:
    _, seen = checked(VideoSpec(width, height, 4), 16)
    assert seen.decibels[1] > 40


@pytest.mark.parametrize(("width", "height"), [(8192, 64), (128, 8192), (70_000, 64)])
def test_a_side_that_the_format_does_not_allow_is_refused(width: int, height: int) -> None:
    with pytest.raises(UsageError, match=str(max(width, height))):
        checked(VideoSpec(width, height, 4), 16)

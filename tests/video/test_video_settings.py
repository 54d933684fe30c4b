"""A video's rate is an exact fraction; its length in seconds follows."""

from __future__ import annotations

from fractions import Fraction

import pytest

from vwd.errors import UsageError
from vwd.video.spec import VideoSpec


def test_193_frames_at_19_3_a_second_are_ten_seconds() -> None:
    assert VideoSpec().seconds == 10
    assert VideoSpec(fps=Fraction(30000, 1001), frames=30).seconds == Fraction(1001, 1000)


@pytest.mark.parametrize(
    "fps", [Fraction(0), Fraction(-5), Fraction(1001), Fraction(70_000, 70_001), Fraction(1, 70_000)]
)
def test_an_impossible_rate_is_refused(fps: Fraction) -> None:
    with pytest.raises(UsageError, match="frames a second") as caught:
        VideoSpec(fps=fps)
    assert "193/10" in caught.value.hint


def test_the_settings_of_a_storyboard_follow_from_those_of_its_video() -> None:
    spec = VideoSpec(320, 240, 50).storyboard_spec(20, "shrink", "char")
    assert (spec.page.width, spec.page.height, spec.page.font_size, spec.frames) == (320, 240, 20, 50)
    assert (spec.prompt_overflow, spec.zh_units) == ("shrink", "char")


def test_a_frame_without_room_for_text_is_refused() -> None:
    with pytest.raises(UsageError, match="no room"):
        VideoSpec(100, 60).storyboard_spec()

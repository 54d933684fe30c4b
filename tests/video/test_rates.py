"""A rate means what people and programs write it for: NTSC's rates are 1000/1001 of whole ones."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vwd.video.spec import VideoSpec, parse_rate

MEANT = {
    "29.97": "30000/1001", "29.970": "30000/1001", "29.97003": "30000/1001", "29.97002997002997": "30000/1001",
    "23.976": "24000/1001", "23.98": "24000/1001", "23.976023976023978": "24000/1001", "59.94": "60000/1001",
    "59.9400": "60000/1001", "29.970000": "30000/1001", "24.000000": "24",
    "59.94005994005994": "60000/1001", "30000/1001": "30000/1001", "25/1": "25", "25": "25", "25.0": "25",
    "25.00000000000001": "25", "19.3": "193/10", "193/10": "193/10", "12.5": "25/2", "29.9": "299/10",
    "2997/100": "2997/100", "30.00": "30", "24.00": "24", "29.98": "1499/50", "23.9": "239/10",
    "29.9701": "299701/10000", "19.333333333333332": "58/3",
}  # fmt: skip


@pytest.mark.parametrize("text", MEANT)
def test_a_rate_is_the_exact_one_that_is_meant(text: str) -> None:
    assert parse_rate(text) == Fraction(MEANT[text])


@given(st.integers(1, 1000), st.integers(1, 1001))
def test_what_a_program_prints_of_a_rate_is_that_rate(numerator: int, denominator: int) -> None:
    rate = Fraction(numerator, denominator)
    assert parse_rate(f"{numerator}/{denominator}") == rate
    if "e" not in repr(float(rate)) and len(repr(float(rate))) > 12:
        assert parse_rate(repr(float(rate))) == rate


def test_a_video_of_a_rounded_rate_has_the_exact_one() -> None:
    assert VideoSpec.parse("640x360", 150, "29.97").to_json()["fps"] == "30000/1001"

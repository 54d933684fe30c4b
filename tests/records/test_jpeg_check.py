"""The check in C calls whole what Pillow decodes, and never what Pillow refuses."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from records.making import encoded, jpeg, picture

from vwd.records.jpeg import native_check

Check = Callable[[bytes], bool]


@pytest.fixture(scope="module")
def whole() -> Check:
    check = native_check()
    if not check(jpeg()):
        pytest.skip("installed without the native check")
    return check


def decodes(data: bytes) -> bool:
    with suppress(OSError, SyntaxError, ValueError):
        Image.open(io.BytesIO(data)).load()
        return True
    return False


@given(
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    grey=st.booleans(),
    subsampling=st.integers(0, 2),
    quality=st.integers(5, 100),
    restart=st.integers(0, 5),
    optimize=st.booleans(),
)
def test_every_sequential_jpeg_is_whole_and_without_its_end_is_not(
    whole: Check, size: tuple[int, int], grey: bool, restart: int, **options: Any
) -> None:
    image = picture(sum(size), size)
    data = encoded(image.convert("L") if grey else image, restart_marker_blocks=restart, **options)
    assert whole(data)
    assert not whole(data[:-1])
    assert not whole(data[: len(data) // 2] + b"\xff\xd9")


def test_what_it_does_not_read_is_left_to_others(whole: Check) -> None:
    assert not whole(encoded(picture(), progressive=True))
    assert not whole(encoded(picture().convert("CMYK")))
    assert not whole(encoded(picture(), "PNG"))
    assert not whole(b"")
    with pytest.raises(TypeError):
        whole("text")  # type: ignore[arg-type]


@pytest.mark.parametrize("marker", [0xF0, 0xFD, 0xC8, 0xDE, 0x02, 0xBF])
def test_a_segment_that_decoders_refuse_is_not_whole(whole: Check, marker: int) -> None:
    data = bytearray(encoded(picture()))
    assert data[2:4] == b"\xff\xe0"
    data[3] = marker
    assert not whole(bytes(data))


@pytest.mark.parametrize("marker", [0xE0, 0xEF, 0xFE])
def test_data_of_applications_and_comments_are_no_damage(whole: Check, marker: int) -> None:
    data = bytearray(encoded(picture()))
    data[3] = marker
    assert whole(bytes(data))
    assert decodes(bytes(data))


@given(st.binary(min_size=1, max_size=60), st.floats(0, 1), st.integers(0, 3), st.integers(0, 40))
def test_what_it_calls_whole_others_decode(whole: Check, garbage: bytes, place: float, restart: int, cut: int) -> None:
    data = bytearray(encoded(picture(3, (90, 70)), restart_marker_blocks=restart, quality=80))
    start = int(place * len(data))
    data[start : start + len(garbage)] = garbage
    del data[start : start + cut]
    if whole(bytes(data)):
        assert decodes(bytes(data))

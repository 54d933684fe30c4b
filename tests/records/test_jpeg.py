"""Images of every kind become JPEG; damaged ones are refused, also where only their end is missing."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from records.making import encoded, jpeg, picture

from vwd.records.jpeg import ImageError, to_jpeg


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def mean(image: Image.Image) -> list[float]:
    return [float(value) for value in np.asarray(image.convert("RGB")).reshape(-1, 3).mean(0)]


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 0}, {"quality": 30}, {"optimize": True}]
)
def test_a_jpeg_is_passed_through_byte_for_byte(options: dict[str, Any]) -> None:
    data = encoded(picture(), **options)
    assert to_jpeg(data) is data


def test_a_grey_jpeg_is_passed_through() -> None:
    data = encoded(picture().convert("L"))
    assert to_jpeg(data) is data


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_other_kinds_are_converted(kind: str) -> None:
    image = picture()
    converted = opened(to_jpeg(encoded(image, kind)))
    assert (converted.format, converted.mode, converted.size) == ("JPEG", "RGB", image.size)
    assert mean(converted) == pytest.approx(mean(image), abs=6)


def test_what_is_transparent_is_white() -> None:
    image = Image.new("RGBA", (32, 32), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 16, 32))
    pixels = np.asarray(opened(to_jpeg(encoded(image, "PNG"))))
    assert pixels[16, 4].tolist() == pytest.approx([0, 0, 255], abs=6)
    assert pixels[16, 28].tolist() == pytest.approx([255, 255, 255], abs=6)


@pytest.mark.parametrize("mode", ["LA", "P"])
def test_other_forms_of_transparency_are_white_too(mode: str) -> None:
    if mode == "LA":
        data = encoded(Image.new("LA", (16, 16), (0, 0)), "PNG")
    else:
        data = encoded(Image.new("P", (16, 16), 0), "PNG", transparency=0)
    assert mean(opened(to_jpeg(data))) == pytest.approx([255, 255, 255], abs=3)


def test_four_colours_of_ink_become_rgb() -> None:
    image = picture().convert("CMYK")
    converted = opened(to_jpeg(encoded(image)))
    assert converted.mode == "RGB"
    assert mean(converted) == pytest.approx(mean(picture()), abs=12)


def test_grey_of_sixteen_bits_keeps_its_tones() -> None:
    grey = np.full((16, 16), 257 * 100, np.uint16)
    assert mean(opened(to_jpeg(encoded(Image.fromarray(grey), "PNG")))) == pytest.approx([100] * 3, abs=2)


def test_an_image_is_turned_as_its_exif_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(to_jpeg(encoded(picture(size=(64, 48)), "PNG", exif=exif))).size == (48, 64)


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert mean(opened(to_jpeg(data))) == pytest.approx([255, 0, 0], abs=4)


@given(st.integers(1, 2000))
def test_a_jpeg_that_lacks_any_of_its_end_is_refused(missing: int) -> None:
    data = jpeg(3, (320, 240))
    with pytest.raises(ImageError):
        to_jpeg(data[: max(len(data) - missing, 0)])


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF"])
def test_a_half_of_another_kind_is_refused(kind: str) -> None:
    data = encoded(picture(size=(320, 240)), kind)
    with pytest.raises(ImageError):
        to_jpeg(data[: len(data) // 2])


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"not an image", b"%!PS-Adobe-3.0 EPSF-3.0\n", bytes(1000)])
def test_what_is_no_image_is_refused_with_the_same_reason_each_time(data: bytes) -> None:
    reasons = set()
    for _ in range(2):
        with pytest.raises(ImageError) as refused:
            to_jpeg(data)
        reasons.add(str(refused.value))
    assert len(reasons) == 1
    assert "0x" not in reasons.pop()


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    data = bytearray(encoded(Image.new("1", (8, 8)), "PNG"))
    header = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + bytes(data[24:29])
    import zlib

    data[12:33] = header + zlib.crc32(header).to_bytes(4, "big")
    with pytest.raises(ImageError, match="pixels"):
        to_jpeg(bytes(data))


@given(st.binary(max_size=200), st.integers(0, 1500))
def test_damaged_images_are_refused_or_taken_and_nothing_else_happens(garbage: bytes, place: int) -> None:
    data = bytearray(jpeg(1))
    data[place : place + len(garbage)] = garbage
    with suppress(ImageError):
        assert to_jpeg(bytes(data))[:2] == b"\xff\xd8"

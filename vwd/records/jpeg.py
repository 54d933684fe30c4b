"""Images as JPEG: what is JPEG already is checked to its last byte and passed through, anything else is converted."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from vwd.limits import LARGEST_IMAGE_PIXELS

# Pillow knows more, of which some start other programs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
# Of what is not JPEG yet; as the field's converters write it.
QUALITY = 95
# JPEG files whose decoders give what everybody expects; four colours of ink are inverted by some.
_JPEG, _PASSED_THROUGH = ("JPEG", "MPO"), ("RGB", "L")
_WHITE = (255, 255, 255)


# What the readers of one format or another raise when they stumble over damage. Not among them is a lack of memory,
# which says nothing about the image: its shard fails, and the next run takes it up again.
_OF_DAMAGE = (
    OSError, SyntaxError, EOFError, ValueError, TypeError, AttributeError, ArithmeticError, LookupError, RuntimeError,
    struct.error, zlib.error,
)  # fmt: skip


class ImageError(ValueError):
    """Bytes that are no whole image. The text says why, the same for the same damage."""


def to_jpeg(data: bytes) -> bytes:
    """An image as the bytes of a JPEG file: of RGB, or grey where a JPEG is grey.

    A JPEG is decoded whole and returned as it is, its metadata included. Others are turned as their EXIF says, put on
    white where they are transparent, and encoded with quality 95; of an animation the first frame.

    Raises:
        ImageError: the data is empty, of no kind that is read, or damaged, or has too many pixels.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged metadata, which is not kept
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with _decoder_errors():
            image = Image.open(io.BytesIO(data), formats=FORMATS)
        if image.width * image.height > LARGEST_IMAGE_PIXELS:
            raise ImageError(f"{image.width}x{image.height} pixels, more than {LARGEST_IMAGE_PIXELS:,}")
        if image.format not in _JPEG or image.mode not in _PASSED_THROUGH:
            return _encoded(image)
        if not native_check()(data):
            with _decoder_errors():
                _decode_all(image)
        return data


@cache
def native_check() -> Callable[[bytes], bool]:
    """Whether a JPEG is whole, by reading all of its codes in C; False where that is not certain, or C is not there."""
    try:
        check: Callable[[bytes], bool] = import_module("vwd.records._jpeg").is_whole
    except ImportError:
        return lambda data: False
    return check


def _decode_all(image: Any) -> None:
    """Decodes a JPEG to a picture of an eighth of its size: every byte is read, and little is computed.

    Pillow then takes half the time of a full picture, and OpenCV the same; of a file that is cut off, Pillow says so.
    """
    image.draft("L", (1, 1))
    image.load()


def _encoded(image: Any) -> bytes:
    with _decoder_errors():
        image.seek(0)
        image.load()
    file = io.BytesIO()
    _rgb(_upright(image)).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def _upright(image: Any) -> Any:
    """An image turned as its EXIF says; as it is where that is damaged."""
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image)
    except _OF_DAMAGE:
        return image


def _rgb(image: Any) -> Any:
    """An image in RGB; on white where it is transparent."""
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_eight_bits(np.asarray(image))).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info or image.mode in ("PA", "La"):
        layer = image.convert("RGBA")
        page = Image.new("RGB", image.size, _WHITE)
        page.paste(layer, mask=layer.getchannel("A"))
        return page
    return image.convert("RGB")


def _eight_bits(values: Any) -> Any:
    """Grey of 16 bits in 8; Pillow would make everything above 255 white."""
    scaled = values.astype(np.float64)
    if values.size and scaled.max() > np.iinfo(np.uint8).max:
        scaled /= 257
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


@contextmanager
def _decoder_errors() -> Iterator[None]:
    """Turns what Pillow raises of damaged data into an ImageError."""
    from PIL import Image

    try:
        yield
    except (*_OF_DAMAGE, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ImageError(_reason(error)) from error


def _reason(error: Exception) -> str:
    """What Pillow says, without the address in memory that its message for an unknown format has."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return f"not a whole image of a known kind ({', '.join(FORMATS)})"
    if isinstance(error, Image.DecompressionBombWarning | Image.DecompressionBombError):
        return f"more than {LARGEST_IMAGE_PIXELS:,} pixels"
    said = str(error).splitlines()[0] if str(error) else ""
    return f"damaged: {said or type(error).__name__}"

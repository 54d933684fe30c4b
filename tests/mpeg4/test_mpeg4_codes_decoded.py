"""Other decoders read every entry of the coefficient tables and every kind of escape as intended."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from mpeg4.bitreader import codes_of
from mpeg4.samples import proof, xvid

from vwd.video.mpeg4.bits import from_text, ones, pack
from vwd.video.mpeg4.blocks import code_levels
from vwd.video.mpeg4.container import mp4
from vwd.video.mpeg4.headers import I_VOP, P_VOP, stream_header, vop_header
from vwd.video.mpeg4.tables import CBPY, DC_SIZE_LUMA, INTER_COEFFICIENTS, INTRA_COEFFICIENTS, ZIGZAG
from vwd.video.spec import VideoSpec

pytest_plugins = ["mpeg4.xvidcore"]

SPEC = VideoSpec(256, 256, 2)
MACROBLOCKS = 256
QUANTISER = 4
# If all blocks of an intra macroblock have a DC of 128, none differs from its prediction.
GREY_LEVEL = 128
ALL_CODED, NONE_CODED = from_text(CBPY[15]), from_text(CBPY[0])
NO_DIFFERENCE = from_text(DC_SIZE_LUMA[0])
CHROMA = from_text("11") * 2
INTRA = b"\x01\x00"
GREY_MACROBLOCK = INTRA + NONE_CODED + NO_DIFFERENCE * 4 + CHROMA

Block = list[int]
Decode = Callable[[bytes], list[npt.NDArray[np.uint8]]]


def blocks_of(kind: str) -> list[Block]:
    """A block for each entry of a table with either sign, and for some events that need each kind of escape."""
    start = 1 if kind == "intra" else 0
    table = codes_of(INTRA_COEFFICIENTS if kind == "intra" else INTER_COEFFICIENTS).values()
    escaped = [
        (last, run, level) for last in (False, True) for run, level in ((0, 30), (5, 4), (7, 9), (45, 1), (3, 90))
    ]
    blocks = []
    for number, (last, run, magnitude) in enumerate([*table, *escaped]):
        block = [0] * 64
        block[start + run] = magnitude if number % 2 else -magnitude
        if not last:
            block[start + run + 1] = 1
        blocks.append(block)
    return blocks + [[0] * 63 + [1]] * (-len(blocks) % 4)


def intra_video(blocks: Sequence[Block]) -> bytes:
    """A grey picture with these blocks in it, and one that changes nothing."""
    coded = code_levels(np.array(blocks, np.int64), intra=True)
    four = [coded[first : first + 4] for first in range(0, len(coded), 4)]
    shown = [INTRA + ALL_CODED + b"".join(NO_DIFFERENCE + ac for ac in blocks) + CHROMA for blocks in four]
    return encode_pictures(b"".join(shown) + GREY_MACROBLOCK * (MACROBLOCKS - len(shown)), ones(MACROBLOCKS))


def inter_video(blocks: Sequence[Block]) -> bytes:
    """A grey picture, and one that adds these blocks to it."""
    coded = code_levels(np.array(blocks, np.int64), intra=False)
    four = [b"".join(coded[first : first + 4]) for first in range(0, len(coded), 4)]
    added = [b"\x00\x01" + from_text(CBPY[0]) + b"\x01\x01" + bits for bits in four]
    return encode_pictures(GREY_MACROBLOCK * MACROBLOCKS, b"".join(added) + ones(MACROBLOCKS - len(added)))


def encode_pictures(first: bytes, second: bytes) -> bytes:
    pictures = [vop_header(SPEC, 0, I_VOP, QUANTISER) + first, vop_header(SPEC, 1, P_VOP, QUANTISER) + second]
    return mp4(pack(pictures), [0], stream_header(SPEC), SPEC)


def expected(blocks: Sequence[Block]) -> npt.NDArray[np.float64]:
    """The last picture, by the standard's dequantisation (7.4.4.2) and the inverse transform in real numbers."""
    basis = np.array(
        [
            [math.cos((2 * x + 1) * u * math.pi / 16) * math.sqrt((2 if u else 1) / 8) for x in range(8)]
            for u in range(8)
        ]
    )
    picture = np.full((256, 256), float(GREY_LEVEL))
    for number, block in enumerate(blocks):
        square = np.zeros(64)
        for position, level in enumerate(block):
            if level:
                magnitude = QUANTISER * (2 * abs(level) + 1) - (QUANTISER % 2 == 0)
                square[ZIGZAG[position]] = math.copysign(magnitude, level)
        macroblock, part = divmod(number, 4)
        y, x = macroblock // 16 * 16 + part // 2 * 8, macroblock % 16 * 16 + part % 2 * 8
        picture[y : y + 8, x : x + 8] += basis.T @ square.reshape(8, 8) @ basis
    return picture.clip(0, 255)


@pytest.fixture(params=["PyAV", "Xvid"])
def decode(request: pytest.FixtureRequest) -> Decode:
    if request.param == "PyAV":
        return lambda video: [picture.luma for picture in proof.pyav_pictures(video)]
    library = request.getfixturevalue("xvidcore")
    return lambda video: list(xvid.decode(video, library))


@pytest.mark.parametrize("kind", ["intra", "inter"])
def test_every_table_entry_is_decoded_as_intended(kind: str, decode: Decode) -> None:
    blocks = blocks_of(kind)
    assert len(blocks) > 102
    video = intra_video(blocks) if kind == "intra" else inter_video(blocks)
    first, last = decode(video)
    off = np.abs(last - expected(blocks))
    assert float(off.max()) <= 1.0
    assert float(off.mean()) < 0.3
    assert np.array_equal(first, last) == (kind == "intra")

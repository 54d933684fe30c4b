"""The transform and the quantisers are exact in integer arithmetic, and close to the transform of real numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vwd.video.frames import VIDEO_RANGE
from vwd.video.mpeg4.blocks import (
    Tiles,
    dequantise,
    inverse,
    luma_blocks,
    quantise_closest,
    quantise_inter,
    quantise_intra,
    transform,
)
from vwd.video.mpeg4.tables import ZIGZAG

# 2^12 cos(k pi / 16), rounded; the first is 2^13 / sqrt(8).
COSINES = (2896, 4017, 3784, 3406, 2896, 2276, 1567, 799)
ONE = 1 << 26


def basis(u: int, x: int) -> int:
    """The DCT's basis, u of 8, at sample x of 8, in units of 2^-13."""
    angle = (2 * x + 1) * u % 32
    folded = min(angle, 32 - angle)
    if u == 0:
        return COSINES[0]
    return COSINES[folded] if folded < 8 else -COSINES[16 - folded] if folded > 8 else 0


def coefficients(block: list[list[int]]) -> list[int]:
    """A block's coefficients in zigzag order, times 2^26, in Python's integers alone."""
    lines = [[sum(basis(u, x) * line[x] for x in range(8)) for u in range(8)] for line in block]
    square = [[sum(basis(v, y) * lines[y][u] for y in range(8)) for u in range(8)] for v in range(8)]
    return [square[index // 8][index % 8] for index in ZIGZAG]


def inter_level(coefficient: int, quantiser: int) -> int:
    size = max(0, (2 * abs(coefficient) - quantiser * ONE) // (4 * quantiser * ONE))
    return size if coefficient >= 0 else -size


def intra_level(coefficient: int, quantiser: int) -> int:
    size = abs(coefficient) // (2 * quantiser * ONE)
    return size if coefficient >= 0 else -size


def rounded_dc(coefficient: int) -> int:
    return (2 * coefficient + 8 * ONE) // (16 * ONE)


# Residuals range from -255 to 255; coverage is mostly 0 or 255, with a few levels between.
BLOCKS = st.one_of(
    arrays.arrays(np.int16, (8, 8), elements=st.integers(-255, 255)),
    arrays.arrays(np.int16, (8, 8), elements=st.sampled_from([-219, 0, 0, -110, -1])),
)


@settings(max_examples=80)
@given(BLOCKS, st.integers(1, 31))
@example(np.full((8, 8), -219, np.int16), 1)
@example(np.indices((8, 8)).sum(axis=0).astype(np.int16) % 2 * 510 - 255, 31)
def test_levels_are_those_of_integer_arithmetic(block: Tiles, quantiser: int) -> None:
    exact = coefficients(block.tolist())
    batch = transform(np.stack([block] * 3).astype(np.int16))
    assert batch.tolist() == [exact] * 3
    assert quantise_inter(batch, quantiser)[1].tolist() == [inter_level(c, quantiser) for c in exact]
    intra = quantise_intra(batch, quantiser, 8)[2].tolist()
    assert intra == [rounded_dc(exact[0]), *(intra_level(c, quantiser) for c in exact[1:])]


@given(st.integers(1, 31), st.integers(-2047, 2047), st.integers(-2, 2))
def test_levels_change_exactly_at_their_thresholds(quantiser: int, level: int, off: int) -> None:
    for threshold in (quantiser * ONE * (4 * level + 1) // 2, 2 * quantiser * ONE * level, 8 * ONE * level + 4 * ONE):
        batch = np.full((1, 64), threshold + off, np.int64)
        assert quantise_inter(batch, quantiser)[0, 0] == inter_level(threshold + off, quantiser)
        assert quantise_intra(batch, quantiser, 8)[0].tolist()[:2] == [
            rounded_dc(threshold + off),
            intra_level(threshold + off, quantiser),
        ]


@given(st.integers(1, 31), st.integers(-2047 * ONE, 2047 * ONE))
def test_no_other_level_is_closer_than_the_closest(quantiser: int, coefficient: int) -> None:
    level = int(quantise_closest(np.full((1, 64), coefficient), quantiser)[0, 5])
    near = np.array([[0] * 5 + [level + off] + [0] * 58 for off in (0, -1, 1)])
    chosen, *others = np.abs(dequantise(near, quantiser)[:, 5] * ONE - coefficient).tolist()
    # Of an even quantiser, the decoder's values lie one below the middle.
    assert chosen <= min(others) + 2 * ONE * (1 - quantiser % 2)


@given(BLOCKS)
def test_the_inverse_gives_back_what_was_transformed(block: Tiles) -> None:
    unscaled = np.rint(transform(block[None]) / ONE).astype(np.int64)
    assert np.abs(inverse(unscaled)[0] - block).max() <= 4


@given(BLOCKS)
def test_coefficients_are_close_to_those_of_the_real_transform(block: Tiles) -> None:
    x, u = np.meshgrid(np.arange(8), np.arange(8))
    real = np.cos((2 * x + 1) * u * np.pi / 16) / np.where(u == 0, np.sqrt(8), 2)
    expected = (real @ block @ real.T).reshape(64)[list(ZIGZAG)]
    assert np.abs(transform(block[None])[0] / ONE - expected).max() < 0.5


@given(st.integers(1, 4))
def test_plain_paper_and_plain_ink_are_coded_without_an_error(quantiser: int) -> None:
    for level in (int(VIDEO_RANGE[0]), int(VIDEO_RANGE[255])):
        flat = transform(np.full((1, 8, 8), level, np.int16))
        assert quantise_intra(flat, quantiser, 8).tolist() == [[level] + [0] * 63]


@pytest.mark.parametrize("position", [0, 7, 8, 100, 255])
def test_blocks_of_a_macroblock_are_in_coding_order(position: int) -> None:
    tile = np.zeros((1, 16, 16), np.int16)
    y, x = divmod(position, 16)
    tile[0, y, x] = 1
    assert np.argwhere(luma_blocks(tile)).tolist() == [[y // 8 * 2 + x // 8, y % 8, x % 8]]

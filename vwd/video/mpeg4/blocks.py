"""Blocks of 8x8 samples: transformed, quantised, and coded as runs and levels. Exact in integers.

Rounding must not depend on the CPU. So the cosines are integers (scaled by 2^13), and the products stay below 2^53,
where double precision is exact in any order of summation.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from vwd.video.mpeg4.bits import bits, from_text
from vwd.video.mpeg4.tables import ESCAPE, INTER_COEFFICIENTS, INTRA_COEFFICIENTS, ZIGZAG

Tiles = npt.NDArray[np.int16]
Coefficients = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int64]

_SCALE_BITS = 13
# Row u, column x: the 8-point DCT's basis (6.1 of ISO/IEC 23002-1), orthonormal, scaled and rounded.
COSINES = np.array(
    [
        [
            round(math.cos((2 * x + 1) * u * math.pi / 16) * math.sqrt((1 if u == 0 else 2) / 8) * (1 << _SCALE_BITS))
            for x in range(8)
        ]
        for u in range(8)
    ],
    np.float64,
)
# Both directions at once: row i has the samples of the block that coefficient i, in zigzag order, stands for.
_BASIS = np.kron(COSINES, COSINES)[list(ZIGZAG)]
# So coefficients carry twice the scale.
_ONE = 1 << (2 * _SCALE_BITS)


def luma_blocks(tiles: Tiles) -> Tiles:
    """Macroblocks of 16x16 luma samples as their four blocks, in coding order.

    Args:
        tiles: [n, 16, 16].

    Returns:
        [n * 4, 8, 8]: top left, top right, bottom left, bottom right.
    """
    blocks: Tiles = tiles.reshape(-1, 2, 8, 2, 8).swapaxes(2, 3).reshape(-1, 8, 8)
    return blocks


def transform(blocks: Tiles) -> Coefficients:
    """The scaled DCT coefficients of blocks, in zigzag order: [n, 64], times 2^26."""
    coefficients: Coefficients = (blocks.reshape(-1, 64).astype(np.float64) @ _BASIS.T).astype(np.int64)
    return coefficients


def quantise_inter(coefficients: Coefficients, quantiser: int) -> Levels:
    """H.263 quantisation with a dead zone: level = (|F| - QP/2) / 2QP towards 0 (7.4.4.2 inverted)."""
    magnitude = np.abs(coefficients) - quantiser * _ONE // 2
    levels: Levels = np.sign(coefficients) * np.maximum(magnitude // (2 * quantiser * _ONE), 0)
    return levels


def quantise_intra(coefficients: Coefficients, quantiser: int, dc_scaler: int) -> Levels:
    """The same without a dead zone for AC; the DC is rounded to the nearest multiple of its scaler."""
    levels: Levels = np.sign(coefficients) * (np.abs(coefficients) // (2 * quantiser * _ONE))
    levels[:, 0] = _closest_dc(coefficients[:, 0], dc_scaler)
    return levels


def _closest_dc(coefficients: Coefficients, dc_scaler: int) -> Levels:
    closest: Levels = (coefficients + dc_scaler * _ONE // 2) // (dc_scaler * _ONE)
    return closest


def quantise_closest(coefficients: Coefficients, quantiser: int, dc_scaler: int | None = None) -> Levels:
    """The levels whose coefficients are nearest: the first is nearer than 0 from 1.5 QP on."""
    magnitude = np.abs(coefficients)
    sizes = np.maximum(magnitude // (2 * quantiser * _ONE), 2 * magnitude >= 3 * quantiser * _ONE)
    levels: Levels = np.sign(coefficients) * sizes
    if dc_scaler:
        levels[:, 0] = _closest_dc(coefficients[:, 0], dc_scaler)
    return levels


def dequantise(levels: Levels, quantiser: int, dc_scaler: int | None = None) -> Coefficients:
    """The coefficients a decoder makes of levels (7.4.4.2), unscaled; with a scaler, those of intra blocks."""
    odd = quantiser - 1 | 1
    coefficients: Coefficients = np.sign(levels) * (2 * quantiser * np.abs(levels) + odd)
    if dc_scaler:
        coefficients[:, 0] = levels[:, 0] * dc_scaler
    return coefficients


def inverse(coefficients: Coefficients) -> Tiles:
    """The samples that unscaled coefficients in zigzag order stand for, rounded: [n, 8, 8]."""
    samples = coefficients.astype(np.float64) @ _BASIS
    rounded: Tiles = np.floor(samples / _ONE + 0.5).astype(np.int16).reshape(-1, 8, 8)
    return rounded


def code_levels(levels: Levels, *, intra: bool) -> list[bytes]:
    """The bits of each block's non-zero levels, b"" for a block without any.

    Args:
        levels: [n, 64] in zigzag order; for intra blocks the DC must be set to 0, since it is coded apart.
    """
    coded = np.flatnonzero(levels != 0)  # of booleans: ten times as fast
    blocks, positions = coded >> 6, coded & 63
    starts_block = np.append(True, blocks[1:] != blocks[:-1])[: len(blocks)]
    before = np.where(starts_block, 0 if intra else -1, np.roll(positions, 1))
    keys = _key(np.roll(starts_block, -1), positions - before - 1, levels.ravel()[coded])
    bits = list(map(_events(intra).__getitem__, keys.tolist()))
    ends = np.cumsum(np.bincount(blocks, minlength=len(levels))).tolist()
    return [b"".join(bits[start:end]) for start, end in pairwise([0, *ends])]


def _key(last: Levels, run: Levels, level: Levels) -> Levels:
    """One number for a (last, run, level): level from -2048 on, run below 64."""
    key: Levels = (level + 2048) << 7 | run << 1 | last
    return key


class _Events(dict[int, bytes]):
    """The bits of each event, worked out when it first comes."""

    def __init__(self, intra: bool) -> None:
        super().__init__()
        self._intra = intra

    def __missing__(self, key: int) -> bytes:
        self[key] = coded = _event(self._intra, bool(key & 1), key >> 1 & 63, (key >> 7) - 2048)
        return coded


@cache
def _events(intra: bool) -> _Events:
    return _Events(intra)


def _event(intra: bool, last: bool, run: int, level: int) -> bytes:
    """The bits of one (last, run, level): its code, else the shortest escape that reaches it (7.4.1.3)."""
    table = coefficient_codes(intra)
    sign, size = bits(level < 0, 1), abs(level)
    code = table.get((last, run, size))
    if code:
        return code + sign
    escape = from_text(ESCAPE)
    by_level = size - max((s for (la, r, s) in table if (la, r) == (last, run)), default=0)
    if by_level < size and (code := table.get((last, run, by_level))):
        return escape + b"\x00" + code + sign
    by_run = run - max((r for (la, r, s) in table if (la, s) == (last, size)), default=-1) - 1
    if by_run < run and (code := table.get((last, by_run, size))):
        return escape + b"\x01\x00" + code + sign
    return escape + b"\x01\x01" + bits(last, 1) + bits(run, 6) + b"\x01" + bits(level, 12) + b"\x01"


@cache
def coefficient_codes(intra: bool) -> dict[tuple[bool, int, int], bytes]:
    """The code of each (last, run, absolute level) that has one, without its sign."""
    table = INTRA_COEFFICIENTS if intra else INTER_COEFFICIENTS
    return {
        (bool(last), run, level): from_text(code)
        for (last, run), codes in table.items()
        for level, code in enumerate(codes.split(), 1)
    }

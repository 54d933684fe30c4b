"""Pictures: I-VOPs for pages as they start, P-VOPs that add a word to the picture before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vwd.text.storyboard import Box
from vwd.video.bitmaps import Ink
from vwd.video.fonts import Coverage
from vwd.video.mpeg4.bits import bits, from_text, ones
from vwd.video.mpeg4.blocks import Levels
from vwd.video.mpeg4.macroblocks import (
    INTRA_HEAD,
    WHITE_DC,
    Cache,
    InterTile,
    IntraTile,
    inter_tiles,
    intra_tiles,
    lookup_tiles,
)
from vwd.video.mpeg4.tables import CBPY, DC_SIZE_CHROMA_ZERO, DC_SIZE_LUMA
from vwd.video.spec import VideoSpec

# The predictor where a neighbour is outside the picture: 1024, before its division by the scaler (7.4.3.1).
OUTSIDE_DC = 128
GREY_CHROMA = from_text(DC_SIZE_CHROMA_ZERO) * 2


class Grid(NamedTuple):
    """A picture's macroblocks: how many columns and rows."""

    columns: int
    rows: int

    @classmethod
    def of(cls, spec: VideoSpec) -> Grid:
        return cls(-(-spec.width // 16), -(-spec.height // 16))

    @property
    def total(self) -> int:
        return self.columns * self.rows


class Patch(NamedTuple):
    """The bits of neighbouring macroblocks in coding order, `span` of them from `first` on."""

    first: int
    span: int
    bits: bytes


NOTHING = Patch(0, 0, b"")


class KeptWord(NamedTuple):
    """A word's patch as it is kept: its bits packed, since there are many and each has some 10,000."""

    span: int
    length: int
    packed: bytes

    @property
    def size(self) -> int:
        return len(self.packed) + 400

    @classmethod
    def of(cls, patch: Patch) -> KeptWord:
        return cls(patch.span, len(patch.bits), np.packbits(np.frombuffer(patch.bits, np.uint8)).tobytes())

    def at(self, first: int) -> Patch:
        """The patch, from this macroblock on."""
        unpacked = np.unpackbits(np.frombuffer(self.packed, np.uint8), count=self.length)
        return Patch(first, self.span, unpacked.tobytes())


def inter_picture(patch: Patch, grid: Grid) -> bytes:
    """A P-VOP's macroblocks: not coded (a bit each) before and after the patch."""
    return ones(patch.first) + patch.bits + ones(grid.total - patch.first - patch.span)


class Window(NamedTuple):
    """The macroblocks that an ink touches, and their coverage: `tiles` is uint8 [rows * columns, 256]."""

    first: int
    columns: int
    rows: int
    tiles: Coverage

    @classmethod
    def of(cls, ink: Ink, grid: Grid) -> Window:
        (x, y, width, height), coverage, _ = ink
        left, top = x // 16, y // 16
        columns, rows = -(-(x + width) // 16) - left, -(-(y + height) // 16) - top
        plane = np.zeros((rows * 16, columns * 16), np.uint8)
        plane[y - top * 16 : y - top * 16 + height, x - left * 16 : x - left * 16 + width] = coverage
        return cls(top * grid.columns + left, columns, rows, tiles_of(plane))


def inter_patches(windows: Sequence[Window], grid: Grid, cache: Cache[InterTile], quantiser: int) -> list[Patch]:
    """What words add, wherever on white they land. All that is not known yet is transformed in one batch."""
    if not windows:
        return []
    tiles = np.concatenate([window.tiles for window in windows])
    entries = iter(lookup_tiles(cache, tiles, lambda t: inter_tiles(t, quantiser)))
    patches = []
    for first, columns, rows, _ in windows:
        # Where nothing is left after quantisation, a macroblock is not coded.
        lines = [b"".join(next(entries).bits or b"\x01" for _ in range(columns)) for _ in range(rows)]
        bits = ones(grid.columns - columns).join(lines)
        patches.append(Patch(first, (rows - 1) * grid.columns + columns, bits))
    return patches


def merged(inks: Sequence[Ink], spec: VideoSpec) -> Ink:
    """Several inks as one that covers the whole frame."""
    plane = np.zeros((spec.height, spec.width), np.uint8)
    for (x, y, width, height), coverage, _ in inks:
        plane[y : y + height, x : x + width] = coverage
    return Ink(Box(0, 0, spec.width, spec.height), plane, "")


def intra_picture(inks: Sequence[Ink], grid: Grid, cache: Cache[IntraTile], quantiser: int) -> bytes:
    """An I-VOP's macroblocks: a white page with these words on it."""
    # Below the row under the last ink, a white macroblock has white ones around it.
    rows = min(grid.rows, max(ink.box.y + ink.box.height for ink in inks) // 16 + 2)
    plane = np.zeros((rows * 16, grid.columns * 16), np.uint8)
    for (x, y, width, height), coverage, _ in inks:
        plane[y : y + height, x : x + width] = coverage
    tiles = tiles_of(plane)
    has_ink = tiles.any(axis=1)
    inked = np.flatnonzero(has_ink)
    entries = lookup_tiles(cache, tiles[inked], lambda t: intra_tiles(t, quantiser))
    dc = np.full((len(tiles), 4), WHITE_DC, np.int64)
    if entries:
        dc[inked] = [entry.dc for entry in entries]
    differences = dc_differences(dc, rows, grid.columns)
    shown = dict(zip(inked.tolist(), entries, strict=True))
    changed = np.flatnonzero(has_ink | differences.any(axis=1))
    parts: list[bytes] = []
    following = 0
    for number, four in zip(changed.tolist(), differences[changed].tolist(), strict=True):
        parts += (_WHITE * (number - following), INTRA_HEAD, *intra_body(shown.get(number, _BLANK), four))
        following = number + 1
    return b"".join(parts) + _WHITE * (grid.total - following)


def intra_body(tile: IntraTile, differences: Sequence[int]) -> tuple[bytes, ...]:
    """What follows an intra macroblock's head, with these DC differences of its blocks."""
    (a, b, c, d), (e, f, g, h) = differences, tile.ac
    return tile.cbpy, DC_CODES[a], e, DC_CODES[b], f, DC_CODES[c], g, DC_CODES[d], h, GREY_CHROMA


def tiles_of(plane: Coverage) -> Coverage:
    """A plane whose sides are multiples of 16 as its macroblocks in coding order: [n, 256]."""
    rows, columns = plane.shape[0] // 16, plane.shape[1] // 16
    tiles: Coverage = plane.reshape(rows, 16, columns, 16).swapaxes(1, 2).reshape(-1, 256)
    return tiles


def dc_differences(dc: Levels, rows: int, columns: int) -> Levels:
    """Each block's DC less its prediction: from the block above where that changes less, else from the left.

    Args:
        dc: [macroblocks, 4], in coding order.

    Returns:
        The same shape.
    """
    field = dc.reshape(rows, columns, 2, 2).swapaxes(1, 2).reshape(rows * 2, columns * 2)
    padded = np.pad(field, ((1, 0), (1, 0)), constant_values=OUTSIDE_DC)
    left, corner, above = padded[1:, :-1], padded[:-1, :-1], padded[:-1, 1:]
    predicted = np.where(np.abs(left - corner) < np.abs(corner - above), above, left)
    differences: Levels = (field - predicted).reshape(rows, 2, columns, 2).swapaxes(1, 2).reshape(-1, 4)
    return differences


def _dc_code(difference: int) -> bytes:
    """A luma DC difference: its size, then so many bits, those of a negative one inverted (7.4.1.1)."""
    size = abs(difference).bit_length()
    value = difference if difference >= 0 else difference + (1 << size) - 1
    marker = b"\x01" if size > 8 else b""
    return from_text(DC_SIZE_LUMA[size]) + bits(value, size) + marker


# By difference: 0 to 255, then -256 to -1, so that negative ones count from the end.
DC_CODES = [_dc_code(difference) for difference in (*range(256), *range(-256, 0))]
# A white macroblock: without ink, and where its neighbours are white too.
_BLANK = IntraTile(from_text(CBPY[0]), (WHITE_DC,) * 4, (b"",) * 4)
_WHITE = INTRA_HEAD + b"".join(intra_body(_BLANK, (0, 0, 0, 0)))

"""Pictures: I-VOPs for pages as they start, P-VOPs that add a word to the picture before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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


def intra_picture(inks: Sequence[Ink], grid: Grid, header: bytes, cache: Cache[IntraTile], quantiser: int) -> bytes:
    """An I-VOP: a white page with these words on it."""
    plane = np.zeros((grid.rows * 16, grid.columns * 16), np.uint8)
    for (x, y, width, height), coverage, _ in inks:
        plane[y : y + height, x : x + width] = coverage
    tiles = tiles_of(plane)
    inked = np.flatnonzero(tiles.any(axis=1))
    return page_picture(inked, lookup_tiles(cache, tiles[inked], lambda t: intra_tiles(t, quantiser)), grid, header)


def page_picture(inked: Levels, entries: Sequence[IntraTile], grid: Grid, header: bytes) -> bytes:
    """An I-VOP: the macroblocks that have ink, by their numbers in coding order, and white ones."""
    # Below the row under the last ink, a white macroblock has white ones around it.
    rows = min(grid.rows, int(inked[-1]) // grid.columns + 2) if entries else 1
    dc = np.full((rows * grid.columns, 4), WHITE_DC, np.int64)
    if entries:
        dc[inked] = joined_dc(entries)
    differences = dc_differences(dc, rows, grid.columns)
    has_ink = np.zeros(len(dc), np.bool_)
    has_ink[inked] = True
    numbers = np.flatnonzero(has_ink | differences.any(axis=1))
    shown = dict(zip(inked.tolist(), entries, strict=True))
    tiles = [shown.get(number, _BLANK) for number in numbers.tolist()]
    macroblocks = zip(numbers.tolist(), tiles, differences[numbers].tolist(), strict=True)
    return intra_vop(header, macroblocks, INTRA_HEAD, _white, grid.total)


def joined_dc(entries: Sequence[IntraTile]) -> Levels:
    """The DC levels of macroblocks: int64 [n, 4]."""
    return np.frombuffer(b"".join([entry.dc for entry in entries]), np.int16).reshape(-1, 4).astype(np.int64)


def intra_vop(
    header: bytes,
    macroblocks: Iterable[tuple[int, IntraTile, Sequence[int]]],
    head: bytes,
    others: Callable[[int], bytes],
    total: int,
) -> bytes:
    """A picture of intra macroblocks, and others.

    Args:
        macroblocks: the number of each, in coding order, the tile, its blocks' DC differences.
        head: what each begins with.
        others: so many of the others, one after another.
        total: how many a picture has.
    """
    parts = [header]
    following, codes = 0, DC_CODES
    for number, (cbpy, _, (e, f, g, h)), (a, b, c, d) in macroblocks:
        if number > following:
            parts.append(others(number - following))
        parts += (head, cbpy, codes[a], e, codes[b], f, codes[c], g, codes[d], h, GREY_CHROMA)
        following = number + 1
    parts.append(others(total - following))
    return b"".join(parts)


def _white(count: int) -> bytes:
    """Macroblocks of an I-VOP without ink, where their neighbours are white too."""
    return _WHITE * count


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
    padded = np.full((rows * 2 + 1, columns * 2 + 1), OUTSIDE_DC, dc.dtype)
    padded[1:, 1:] = field
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
# A macroblock without ink, and one whose neighbours have none either.
_BLANK = IntraTile(from_text(CBPY[0]), np.full(4, WHITE_DC, np.int16).tobytes(), (b"",) * 4)
_WHITE = intra_vop(b"", [(0, _BLANK, (0, 0, 0, 0))], INTRA_HEAD, ones, 1)

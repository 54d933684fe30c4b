"""Macroblocks: the bits of a 16x16 tile of ink, kept in a cache bounded by bytes.

A word lands on white, so what an inter macroblock adds is the tile's ink and nothing else: its bits are a function
of the tile's 256 bytes. An intra macroblock's AC bits are so too; its DC is predicted from the neighbours, and
coded when the picture is put together.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from vwd.video.frames import VIDEO_RANGE
from vwd.video.mpeg4 import blocks
from vwd.video.mpeg4.bits import from_text
from vwd.video.mpeg4.tables import CBPY

# Up to this quantiser the DC's scaler is 8 (table 7-1), so that white, 235, is coded exactly.
KEYFRAME_QUANTISER_LIMIT = 4
DC_SCALER = 8
WHITE_DC = int(VIDEO_RANGE[0])

_CBPY = [from_text(code) for code in CBPY]
# Of a coded inter macroblock: not_coded 0, MCBPC 1 (inter, no chroma); then CBPY; then a zero motion vector.
_INTER_HEAD, _ZERO_VECTOR = b"\x00\x01", b"\x01\x01"
# Of an intra macroblock in an I-VOP: MCBPC 1 (intra, no chroma AC), ac_pred_flag 0.
_INTRA_HEAD = b"\x01\x00"


class Sized(Protocol):
    """What a cache holds: knows about how many bytes it takes."""

    @property
    def size(self) -> int: ...


V = TypeVar("V", bound=Sized)


class InterTile(NamedTuple):
    """The bits of a coded inter macroblock; b"" where nothing is left after quantisation."""

    bits: bytes

    @property
    def size(self) -> int:
        return len(self.bits) + 512


class IntraTile(NamedTuple):
    """An intra macroblock but for its DC differences: what stands before them, four DC levels, four blocks' AC bits."""

    head: bytes
    dc: tuple[int, int, int, int]
    ac: tuple[bytes, bytes, bytes, bytes]

    @property
    def size(self) -> int:
        return sum(map(len, self.ac)) + 1024


class Cache(Generic[V]):
    """Holds at most `limit` bytes; what was used least lately goes first. Counts what it was asked for and had."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[Hashable, V] = OrderedDict()
        self._size = 0
        self.asked = self.hits = 0

    def get(self, key: Hashable) -> V | None:
        self.asked += 1
        entry = self._entries.get(key)
        if entry is not None:
            self.hits += 1
            self._entries.move_to_end(key)
        return entry

    def put(self, key: Hashable, entry: V) -> None:
        if key in self._entries:
            return
        self._entries[key] = entry
        self._size += entry.size
        while self._size > self._limit:
            self._size -= self._entries.popitem(last=False)[1].size


def look_up(cache: Cache[V], keys: Sequence[bytes], make: Callable[[blocks.Tiles], list[V]]) -> list[V]:
    """The entries of tiles (256 bytes of coverage each); those that are missing are made in one batch."""
    found: dict[bytes, V] = {}
    missing: list[bytes] = []
    for key in dict.fromkeys(keys):
        entry = cache.get(key)
        if entry is None:
            missing.append(key)
        else:
            found[key] = entry
    if missing:
        tiles = np.frombuffer(b"".join(missing), np.uint8).reshape(-1, 16, 16)
        for key, entry in zip(missing, make(VIDEO_RANGE[tiles].astype(np.int16)), strict=True):
            found[key] = entry
            cache.put(key, entry)
    return [found[key] for key in keys]


def inter_tiles(luma: blocks.Tiles, quantiser: int) -> list[InterTile]:
    """Inter macroblocks that turn white into `luma`, [n, 16, 16]."""
    residual = blocks.luma_blocks(luma - np.int16(WHITE_DC))
    levels = blocks.quantise_inter(blocks.transform(residual), quantiser)
    coded = blocks.code_levels(levels, intra=False)
    made = []
    for first in range(0, len(coded), 4):
        four = coded[first : first + 4]
        pattern = _pattern(four)
        head = _INTER_HEAD + _CBPY[15 - pattern] + _ZERO_VECTOR
        made.append(InterTile(head + b"".join(four) if pattern else b""))
    return made


def intra_tiles(luma: blocks.Tiles, quantiser: int) -> list[IntraTile]:
    """Intra macroblocks that show `luma`, [n, 16, 16]."""
    levels = blocks.quantise_intra(blocks.transform(blocks.luma_blocks(luma)), quantiser, DC_SCALER)
    dc = levels[:, 0].tolist()
    levels[:, 0] = 0
    coded = blocks.code_levels(levels, intra=True)
    made = []
    for first in range(0, len(coded), 4):
        a, b, c, d = coded[first : first + 4]
        head = _INTRA_HEAD + _CBPY[_pattern([a, b, c, d])]
        made.append(IntraTile(head, tuple(dc[first : first + 4]), (a, b, c, d)))
    return made


def _pattern(coded: Sequence[bytes]) -> int:
    """The coded block pattern: a bit for each of the four blocks, the first one highest."""
    return sum(8 >> number for number, block in enumerate(coded) if block)

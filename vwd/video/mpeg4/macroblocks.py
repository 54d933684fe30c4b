"""Macroblocks: the bits of a 16x16 tile of ink, kept in a cache bounded by bytes.

A word lands on white, so what an inter macroblock adds is the tile's ink and nothing else: its bits are a function
of the tile's 256 bytes. The AC bits of an intra macroblock, which shows all ink that is there, are so too; its DC is
predicted from the neighbours, and coded when the picture is put together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from vwd.video.fonts import Coverage
from vwd.video.frames import VIDEO_RANGE
from vwd.video.mpeg4 import blocks
from vwd.video.mpeg4.bits import from_text
from vwd.video.mpeg4.black import keep_black
from vwd.video.mpeg4.tables import CBPY

# Up to this quantiser the DC's scaler is 8 (table 7-1), so that white, 235, is coded exactly.
KEYFRAME_QUANTISER_LIMIT = 4
DC_SCALER = 8
WHITE_DC = int(VIDEO_RANGE[0])
_WHITE = np.int16(WHITE_DC)

CBPY_CODES = [from_text(code) for code in CBPY]
# Of a coded inter macroblock: not_coded 0, MCBPC 1 (inter, no chroma); then CBPY; then a zero motion vector.
INTER_HEAD, ZERO_VECTOR = b"\x00\x01", b"\x01\x01"
# Of an intra macroblock in an I-VOP: MCBPC 1 (intra, no chroma AC), ac_pred_flag 0; then CBPY.
INTRA_HEAD = b"\x01\x00"
# The same in a P-VOP: not_coded 0, MCBPC 00011.
REFRESHED_HEAD = b"\x00\x00\x00\x00\x01\x01\x00"


class Sized(Protocol):
    """An entry of a cache, with about how many bytes it takes."""

    @property
    def size(self) -> int: ...


V = TypeVar("V", bound=Sized)


class InterTile(NamedTuple):
    """The bits of a coded inter macroblock; b"" where nothing is left after quantisation."""

    bits: bytes

    @property
    def size(self) -> int:
        return len(self.bits) + 500


class IntraTile(NamedTuple):
    """An intra macroblock but for its head and DC differences: CBPY, four DC levels, four blocks' AC bits.

    The levels are 16-bit integers: they are joined to arrays of those of many macroblocks.
    """

    cbpy: bytes
    dc: bytes
    ac: tuple[bytes, bytes, bytes, bytes]

    @property
    def size(self) -> int:
        return sum(map(len, self.ac)) + 900


class Cache(Generic[V]):
    """Holds at most `limit` bytes in two generations: the older half goes when the younger one is full.

    What is used moves to the younger half, so that this keeps about what a least-recently-used order would, at the
    price of one dictionary look-up. Counts look-ups and hits.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._young: dict[Hashable, V] = {}
        self._old: dict[Hashable, V] = {}
        self._size = 0
        self.lookups = self.hits = 0

    def get(self, keys: Sequence[Hashable]) -> list[V | None]:
        """The entry of each key, None where there is none."""
        entries = list(map(self._young.get, keys))
        for position, entry in enumerate(entries):
            if entry is None and (kept := self._old.get(keys[position])) is not None:
                entries[position] = kept
                self.put(keys[position], kept)
        self.lookups += len(keys)
        self.hits += len(keys) - entries.count(None)
        return entries

    def put(self, key: Hashable, entry: V) -> None:
        if key in self._young:
            return
        size = entry.size
        if self._size + size > self._limit // 2:
            self._old, self._young, self._size = self._young, {}, 0
        self._young[key] = entry
        self._size += size


def lookup_tiles(cache: Cache[V], tiles: Coverage, make: Callable[[blocks.Tiles], list[V]]) -> list[V]:
    """The entries of tiles, [n, 256] of coverage; those that are missing are made in one batch."""
    ink = tiles.tobytes()
    keys = [ink[start : start + 256] for start in range(0, len(ink), 256)]
    entries = cache.get(keys)
    missing = dict.fromkeys(key for key, entry in zip(keys, entries, strict=True) if entry is None)
    if missing:
        unknown = np.frombuffer(b"".join(missing), np.uint8).reshape(-1, 16, 16)
        made = dict(zip(missing, make(VIDEO_RANGE[unknown].astype(np.int16)), strict=True))
        for key, entry in made.items():
            cache.put(key, entry)
        return [entry or made[key] for key, entry in zip(keys, entries, strict=True)]
    return [entry for entry in entries if entry]


def inter_tiles(luma: blocks.Tiles, quantiser: int) -> list[InterTile]:
    """Inter macroblocks that turn white into `luma`, [n, 16, 16]."""
    wanted = blocks.luma_blocks(luma)
    levels = keep_black(
        wanted,
        blocks.quantise_inter(blocks.transform(wanted - _WHITE), quantiser),
        lambda target: blocks.quantise_closest(blocks.transform(target - _WHITE), quantiser),
        lambda levels: blocks.inverse(blocks.dequantise(levels, quantiser)) + _WHITE,
    )
    made = []
    for pattern, four in zip(_patterns(levels), _fours(blocks.code_levels(levels, intra=False)), strict=True):
        head = INTER_HEAD + CBPY_CODES[15 - pattern] + ZERO_VECTOR
        made.append(InterTile(head + b"".join(four) if pattern else b""))
    return made


def intra_tiles(luma: blocks.Tiles, quantiser: int) -> list[IntraTile]:
    """Intra macroblocks that show `luma`, [n, 16, 16]."""
    wanted = blocks.luma_blocks(luma)
    levels = keep_black(
        wanted,
        blocks.quantise_intra(blocks.transform(wanted), quantiser, DC_SCALER),
        lambda target: blocks.quantise_closest(blocks.transform(target), quantiser, DC_SCALER),
        lambda levels: blocks.inverse(blocks.dequantise(levels, quantiser, DC_SCALER)),
    )
    dc = levels[:, 0].astype(np.int16).tobytes()
    levels[:, 0] = 0
    coded = _fours(blocks.code_levels(levels, intra=True))
    return [
        IntraTile(CBPY_CODES[pattern], dc[8 * number : 8 * number + 8], ac)
        for number, (pattern, ac) in enumerate(zip(_patterns(levels), coded, strict=True))
    ]


def _patterns(levels: blocks.Levels) -> list[int]:
    """The coded block pattern of each macroblock: a bit for each of its four blocks, the first one highest."""
    patterns: list[int] = (levels.any(axis=1).reshape(-1, 4) @ np.array([8, 4, 2, 1])).tolist()
    return patterns


def _fours(coded: Sequence[bytes]) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    """The bits of each macroblock's blocks."""
    each = iter(coded)
    return zip(each, each, each, each, strict=True)

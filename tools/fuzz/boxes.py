"""Hostile mp4 files: boxes of false sizes, tables that claim millions of frames, boxes repeated, removed or nested."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

from mutate import bytes_of

_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"edts", b"udta"}
_WORDS = (0, 1, 2, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 40_000_000, 65_535, 65_536, 193, 60)

# A box: where it starts and ends, and the four letters of its kind.
_Box = tuple[int, int, bytes]


def mp4_of(data: bytes, rng: random.Random) -> bytes:
    """An mp4 with one to three of its boxes damaged, in headers rather than in pictures; or its bytes."""
    if rng.random() < 0.15:
        return bytes_of(data, rng)
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = _damaged(data, rng)
    return data


def claim_frames(data: bytes, frames: int) -> bytes:
    """An mp4 whose tables agree with each other on another number of frames than the file holds."""
    found = {kind: start for start, _, kind in _boxes(data, 0, len(data))}
    claimed = bytearray(data)
    if not {b"stsz", b"stts"} <= found.keys():
        return data
    struct.pack_into(">2I", claimed, found[b"stsz"] + 12, 64, frames)  # each of 64 bytes: no table is needed
    struct.pack_into(">3I", claimed, found[b"stts"] + 12, 1, frames, 1)
    return bytes(claimed)


def _damaged(data: bytes, rng: random.Random) -> bytes:
    boxes = list(_boxes(data, 0, len(data)))
    if not boxes:
        return bytes_of(data, rng)
    start, end, kind = rng.choice(boxes)
    choice = rng.randrange(8)
    if choice == 0:
        return _patched(data, start, rng.choice((*_WORDS, end - start - 1, end - start + 1, len(data))))
    if choice == 1:
        return claim_frames(data, rng.choice((40_000_000, 0xFFFFFFFF, 65_535, 61, 59, 0)))
    if choice == 2:
        return data[:start] + data[end:] if rng.random() < 0.5 else data[:start] + data[start:end] * 2 + data[end:]
    if choice == 3:
        depth = rng.choice((3, 50, 3000))
        box = data[start:end]
        for _ in range(depth):
            box = struct.pack(">I4s", len(box) + 8, rng.choice((b"moov", kind))) + box
        return data[:start] + box + data[end:]
    if choice == 4:
        large = struct.pack(">I4sQ", 1, kind, rng.choice((0, 8, 16, 2**63, 2**64 - 1)))
        return data[:start] + large + data[start + 8 :]
    if choice == 5:
        return data[: start + 4] + rng.choice((b"moov", b"stts", b"stsz", b"mdat", b"\xff" * 4)) + data[start + 8 :]
    words = range(start + 8, max(start + 9, min(end, start + 200) - 3), 4)
    for _ in range(rng.choice((1, 4))):
        data = _patched(data, rng.choice(words), rng.choice(_WORDS))
    return data


def _patched(data: bytes, at: int, word: int) -> bytes:
    return data[:at] + struct.pack(">I", word) + data[at + 4 :]


def _boxes(data: bytes, start: int, end: int, depth: int = 0) -> Iterator[_Box]:
    """The boxes as far as they can be told apart, and not too deep."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < 8 or start + size > end:
            return
        yield start, start + size, kind
        if kind in _CONTAINERS and depth < 60:
            yield from _boxes(data, start + 8, start + size, depth + 1)
        start += size

"""Bits as byte strings that hold one bit a byte: cheap to join, packed once a video."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain

import numpy as np

_ONES = b"\x01" * 65_536


def bits(value: int, width: int) -> bytes:
    """The lowest `width` bits of a number, highest first."""
    return bytes((value >> shift) & 1 for shift in range(width - 1, -1, -1))


def from_text(text: str) -> bytes:
    """Bits from a string of 0 and 1, as tables print them."""
    return bytes(map(int, text))


def ones(count: int) -> bytes:
    return _ONES[:count] if count <= len(_ONES) else b"\x01" * count


def stuffing(length: int) -> bytes:
    """What aligns `length` bits to a byte: a 0 and then 1s, always at least one bit (5.2.4, next_start_code)."""
    return b"\x00" + _ONES[: 7 - length % 8]


def pack(streams: Sequence[bytes]) -> list[bytes]:
    """Each stream's bits as bytes, with what aligns them."""
    padding = [stuffing(len(stream)) for stream in streams]
    joined = b"".join(chain.from_iterable(zip(streams, padding, strict=True)))
    packed = np.packbits(np.frombuffer(joined, np.uint8)).tobytes()
    ends = list(accumulate((len(stream) + len(end)) // 8 for stream, end in zip(streams, padding, strict=True)))
    return [packed[start:end] for start, end in zip([0, *ends], ends, strict=False)]

"""Reads bits and the coded events of ISO/IEC 14496-2, independently of the encoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

ESCAPE = "0000011"


class Event(NamedTuple):
    """A non-zero level, the zeros before it, and whether it is its block's last."""

    last: bool
    run: int
    level: int


Codes = Mapping[str, tuple[bool, int, int]]


def codes_of(table: Mapping[tuple[int, int], str]) -> dict[str, tuple[bool, int, int]]:
    """A printed table by code: (last, run, magnitude)."""
    return {
        code: (bool(last), run, magnitude)
        for (last, run), codes in table.items()
        for magnitude, code in enumerate(codes.split(), 1)
    }


class BitReader:
    """Reads bits in order, from a string of "0" and "1", or from bytes that contain one bit each."""

    def __init__(self, bits: str | bytes) -> None:
        self._bits = bits if isinstance(bits, str) else "".join("01"[bit] for bit in bits)
        self._at = 0

    @classmethod
    def packed(cls, data: bytes) -> BitReader:
        """A reader of ordinary bytes, eight bits each."""
        return cls("".join(f"{byte:08b}" for byte in data))

    @property
    def left(self) -> int:
        return len(self._bits) - self._at

    def read(self, width: int) -> int:
        """An unsigned number."""
        if self.left < width:
            raise EOFError
        self._at += width
        return int(self._bits[self._at - width : self._at] or "0", 2)

    def signed(self, width: int) -> int:
        value = self.read(width)
        return value - (1 << width) if value >> (width - 1) else value

    def code(self, codes: Mapping[str, object]) -> str:
        """The one code with which the next bits start."""
        for width in range(1, min(self.left, 13) + 1):
            code = self._bits[self._at : self._at + width]
            if code in codes:
                self._at += width
                return code
        raise ValueError(f"no code at bit {self._at}")

    def event(self, codes: Codes) -> tuple[Event, int]:
        """The next event, and how it was coded: 0 by the table, 1, 2 or 3 by that type of escape (7.4.1.3)."""
        found = self.code({**codes, ESCAPE: ()})
        if found != ESCAPE:
            last, run, magnitude = codes[found]
            return Event(last, run, self._sign(magnitude)), 0
        if not self.read(1):
            last, run, magnitude = codes[self.code(codes)]
            largest = max(m for la, r, m in codes.values() if (la, r) == (last, run))
            return Event(last, run, self._sign(magnitude + largest)), 1
        if not self.read(1):
            last, run, magnitude = codes[self.code(codes)]
            longest = max(r for la, r, m in codes.values() if (la, m) == (last, magnitude))
            return Event(last, run + longest + 1, self._sign(magnitude)), 2
        last, run = bool(self.read(1)), self.read(6)
        assert self.read(1) == 1
        level = self.signed(12)
        assert self.read(1) == 1
        return Event(last, run, level), 3

    def _sign(self, magnitude: int) -> int:
        return -magnitude if self.read(1) else magnitude

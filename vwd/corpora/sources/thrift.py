"""Reading Thrift's compact protocol, in which parquet files describe themselves. Nothing is kept that is not asked for.

As in apache/thrift, doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

from collections.abc import Iterator

# Types.
TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
INTEGERS = (4, 5, 6)
_FIXED_SIZES = {BYTE: 1, DOUBLE: 8, 13: 16}
# Parquet's structs are five deep.
_DEEPEST = 16


class ThriftReader:
    """A place in bytes that hold a struct.

    Every method raises ValueError where the bytes are no such thing, and IndexError where there are too few.
    """

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def fields(self) -> Iterator[tuple[int, int]]:
        """Number and type of each field of a struct. The value of each is to be read, or skipped, before the next."""
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self.integer()
            yield number, head & 15

    def integer(self) -> int:
        """A signed number."""
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def items(self) -> Iterator[int]:
        """The type of each item of a list, which is to be read, or skipped, before the next."""
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._varint()
        for _ in range(count):
            yield head & 15

    def skip(self, kind: int, depth: int = 0) -> None:
        """Passes over a field's value."""
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        if kind in INTEGERS:
            self._varint()
        elif kind == BINARY:
            self._advance(self._varint())
        elif kind in _FIXED_SIZES:
            self._advance(_FIXED_SIZES[kind])
        elif kind == STRUCT:
            for _, inner in self.fields():
                self.skip(inner, depth + 1)
        elif kind in (LIST, SET):
            for inner in self.items():
                self.skip(BYTE if inner in (TRUE, FALSE) else inner, depth + 1)
        elif kind not in (TRUE, FALSE):  # whose value is the type; parquet has no maps
            raise ValueError(f"a value of type {kind}")

    def _byte(self) -> int:
        value = self._data[self.at]
        self.at += 1
        return value

    def _varint(self) -> int:
        value = shift = 0
        while shift < 70:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise ValueError("a number of more than ten bytes")

    def _advance(self, count: int) -> None:
        self.at += count
        if self.at > len(self._data):
            raise IndexError

"""How large the pages of a parquet column are: a page is decoded whole, so that one can take any memory.

pyarrow does not tell. The headers of pages stand in the file before each page, as Thrift's compact protocol
(apache/parquet-format, parquet.thrift: PageHeader); only their sizes are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

_UNCOMPRESSED, _COMPRESSED = 2, 3  # fields of PageHeader
# Types of the compact protocol.
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS = (4, 5, 6)
_DEEPEST = 8
# A header holds statistics, that is values; parquet's own readers allow 16 MB.
_FIRST_WINDOW, _LARGEST_HEADER = 1 << 12, 1 << 24


def page_sizes(file: BinaryIO, start: int, stop: int) -> Iterator[int]:
    """The uncompressed bytes of each page of a column chunk.

    Args:
        start, stop: where the chunk is in the file.

    Raises:
        ValueError: there is no page header where one should be.
    """
    while start < stop:
        window, size = b"", _FIRST_WINDOW
        while True:
            file.seek(start)
            window = file.read(size)
            try:
                uncompressed, compressed, length = _parse_header(window)
                break
            except IndexError as error:
                if len(window) < size or size >= _LARGEST_HEADER:
                    raise ValueError("a page header is cut off") from error
                size *= 16
        yield uncompressed
        start += length + compressed


def _parse_header(data: bytes) -> tuple[int, int, int]:
    """The uncompressed and the compressed bytes of a page, and those of its header. IndexError: there are more."""
    sizes: dict[int, int] = {}
    at = field = 0
    while data[at]:
        field, kind, at = _field(data, at, field)
        if kind in _INTEGERS:
            value, at = _varint(data, at)
            sizes[field] = (value >> 1) ^ -(value & 1)
        else:
            at = _skip(data, at, kind, 0)
    uncompressed, compressed = sizes.get(_UNCOMPRESSED, -1), sizes.get(_COMPRESSED, -1)
    if not (0 <= uncompressed < 2**31 and 0 <= compressed < 2**31):
        raise ValueError("a page header without the page's size")
    return uncompressed, compressed, at + 1


def _field(data: bytes, at: int, last: int) -> tuple[int, int, int]:
    """A field's number, its type, and where its value starts."""
    head, at = data[at], at + 1
    if head >> 4:
        return last + (head >> 4), head & 15, at
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), head & 15, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte, at = data[at], at + 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("a number of more than ten bytes")


def _skip(data: bytes, at: int, kind: int, depth: int) -> int:
    """Where the value ends that starts at `at`."""
    if depth > _DEEPEST:
        raise ValueError("a page header nested too deeply")
    if kind in (_TRUE, _FALSE):
        return at
    if kind == _BYTE:
        return at + 1
    if kind == _DOUBLE:
        return at + 8
    if kind in _INTEGERS:
        return _varint(data, at)[1]
    if kind == _BINARY:
        length, at = _varint(data, at)
        return at + length
    if kind == _STRUCT:
        while data[at]:
            _, inner, at = _field(data, at, 0)
            at = _skip(data, at, inner, depth + 1)
        return at + 1
    raise ValueError(f"a value of type {kind} in a page header")  # PageHeader has no list, set or map

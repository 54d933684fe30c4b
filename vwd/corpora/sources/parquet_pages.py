"""How large the pages of a parquet file are: a page is decoded whole, so that one can take any memory.

pyarrow does not tell, and what it does tell of a column chunk ends the process where the file is damaged. Where chunks
are stands in the footer, a page's size in a header before it (apache/parquet-format, parquet.thrift).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from vwd.corpora.sources.thrift import INTEGERS, LIST, STRUCT, ThriftReader
from vwd.limits import LARGEST_PARQUET_PAGE_HEADER, MOST_PARQUET_PAGES

# Of PageHeader, and of the header of a dictionary in it.
_UNCOMPRESSED, _COMPRESSED, _DICTIONARY = 2, 3, 7
_NUM_VALUES = 1
# Of FileMetaData, RowGroup, ColumnChunk and ColumnMetaData.
_ROW_GROUPS, _COLUMNS, _META_DATA = 4, 1, 3
_TOTAL_COMPRESSED, _DATA_OFFSET, _DICTIONARY_OFFSET = 7, 9, 11

_MAGIC = b"PAR1"
# Bytes of a page header that are read first: few have more.
_FIRST_WINDOW = 1 << 12

# Where a column chunk starts and ends in the file.
Place = tuple[int, int]


class Page(NamedTuple):
    """A page as its header has it.

    Attributes:
        uncompressed: bytes of its content.
        step: how far the next page is.
        words: how many values it holds as a dictionary; 0 for a page of data.
    """

    uncompressed: int
    step: int
    words: int


def chunk_places(file: BinaryIO) -> list[list[Place]]:
    """Where each column of each row group is.

    Raises:
        ValueError: the footer is damaged.
    """
    end = file.seek(0, os.SEEK_END)
    tail = _read(file, end - 8, 8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC:
        raise ValueError("no footer")
    footer = ThriftReader(_read(file, end - 8 - length, length))
    try:
        return _row_groups(footer)
    except IndexError as error:
        raise ValueError("the footer is cut off") from error


def largest_page(file: BinaryIO, place: Place) -> int:
    """The uncompressed bytes of the largest page of a column chunk.

    Raises:
        ValueError: there is no page header where one should be.
    """
    return max((page.uncompressed for page in pages(file, place)), default=0)


def pages(file: BinaryIO, place: Place) -> Iterator[Page]:
    """The pages of a column chunk, in order. Raises as `largest_page`."""
    start, stop = place
    for _ in range(MOST_PARQUET_PAGES):
        if start >= stop:
            return
        page = _page(file, start)
        yield page
        start += page.step
    raise ValueError("too many pages")


def _row_groups(reader: ThriftReader) -> list[list[Place]]:
    groups: list[list[Place]] = []
    for number, kind in reader.fields():
        if (number, kind) != (_ROW_GROUPS, LIST):
            reader.skip(kind)
            continue
        for _ in reader.items():
            groups.append([])
            for field, inner in reader.fields():
                if (field, inner) == (_COLUMNS, LIST):
                    groups[-1] += [_place(reader) for _ in reader.items()]
                else:
                    reader.skip(inner)
    return groups


def _place(reader: ThriftReader) -> Place:
    """The place of a ColumnChunk, which is read."""
    values: dict[int, int] = {}
    for number, kind in reader.fields():
        if (number, kind) != (_META_DATA, STRUCT):
            reader.skip(kind)
            continue
        values = _integers(reader)
    starts = [values[field] for field in (_DICTIONARY_OFFSET, _DATA_OFFSET) if values.get(field, 0) > 0]
    start = min(starts, default=0)
    return start, start + max(values.get(_TOTAL_COMPRESSED, 0), 0)


def _page(file: BinaryIO, at: int) -> Page:
    size = _FIRST_WINDOW
    while True:
        window = _read(file, at, size)
        reader = ThriftReader(window)
        try:
            sizes, words = _page_header(reader)
            break
        except IndexError as error:
            if len(window) < size or size >= LARGEST_PARQUET_PAGE_HEADER:
                raise ValueError("a page header is cut off") from error
            size *= 16
    uncompressed, compressed = sizes.get(_UNCOMPRESSED, -1), sizes.get(_COMPRESSED, -1)
    if not (0 <= uncompressed < 2**31 and 0 <= compressed < 2**31):
        raise ValueError("a page header without the page's size")
    return Page(uncompressed, reader.at + compressed, words)


def _page_header(reader: ThriftReader) -> tuple[dict[int, int], int]:
    """The numbers of a PageHeader, and how many values it says of a dictionary."""
    values: dict[int, int] = {}
    words = 0
    for number, kind in reader.fields():
        if kind in INTEGERS:
            values[number] = reader.integer()
        elif (number, kind) == (_DICTIONARY, STRUCT):
            words = max(_integers(reader).get(_NUM_VALUES, 0), 0)
        else:
            reader.skip(kind)
    return values, words


def _integers(reader: ThriftReader) -> dict[int, int]:
    """The numbers among a struct's fields; what else it has is passed over."""
    values: dict[int, int] = {}
    for number, kind in reader.fields():
        if kind in INTEGERS:
            values[number] = reader.integer()
        else:
            reader.skip(kind)
    return values


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    if at < 0:
        raise ValueError("a place before the file")
    file.seek(at)
    return file.read(size)

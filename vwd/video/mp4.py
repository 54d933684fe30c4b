"""The mp4 container (ISO/IEC 14496-12), as far as reading a header and moving it to the front require it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from vwd.limits import MOST_NESTED_BOXES

# Boxes that hold boxes, on the way from moov to the sample tables.
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


class Mp4Error(ValueError):
    """Bytes that are not a complete mp4 file with one video track."""


class Header(NamedTuple):
    """What an mp4's header says of its video track: codec as the four letters of its sample entry."""

    codec: str
    width: int
    height: int
    frames: int
    fps: Fraction


class _Box(NamedTuple):
    kind: bytes
    start: int
    body: int
    end: int


def read_header(data: bytes) -> Header:
    """The header of an mp4 with one video track.

    Raises:
        Mp4Error: a box is cut short, or one that is needed is missing.
    """
    found = {box.kind: box for box in _walk(data, 0, len(data))}
    try:
        (timescale,) = struct.unpack_from(">I", data, found[b"mdhd"].body + 12)
        duration = sum(count * delta for count, delta in _time_to_sample(data, found[b"stts"]))
        codec, width, height = struct.unpack_from(">4s24xHH", data, found[b"stsd"].body + 12)
        (frames,) = struct.unpack_from(">I", data, found[b"stsz"].body + 8)
        if found[b"mdat"].end > len(data) or not duration:
            raise Mp4Error("the media data is cut short")
        return Header(codec.decode("latin-1"), width, height, frames, Fraction(frames * timescale, duration))
    except KeyError as error:
        raise Mp4Error(f"no '{error.args[0].decode()}' box") from error
    except struct.error as error:
        raise Mp4Error(f"a box is cut short: {error}") from error


def moov_first(data: bytes) -> bytes:
    """The same file with its header before the media data, so that a stream can be decoded as it arrives.

    Raises:
        Mp4Error: a box is cut short, or `moov` or `mdat` is missing.
    """
    top = {box.kind: box for box in _boxes(data, 0, len(data))}
    if b"moov" not in top or b"mdat" not in top:
        raise Mp4Error("no 'moov' or no 'mdat' box")
    moov, mdat = top[b"moov"], top[b"mdat"]
    if moov.start < mdat.start:
        return data
    size = moov.end - moov.start
    header = bytearray(data)
    try:
        for box in _walk(data, moov.start, moov.end):
            if box.kind == b"stco":
                (count,) = struct.unpack_from(">I", data, box.body + 4)
                if box.body + 8 + 4 * count > box.end:
                    raise Mp4Error("the 'stco' box is cut short")
                offsets = struct.unpack_from(f">{count}I", data, box.body + 8)
                struct.pack_into(f">{count}I", header, box.body + 8, *(offset + size for offset in offsets))
    except struct.error as error:
        raise Mp4Error(f"impossible chunk offsets: {error}") from error
    moved = bytes(header[moov.start : moov.end])
    return data[: mdat.start] + moved + data[mdat.start : moov.start] + data[moov.end :]


def with_rate(data: bytes, fps: Fraction) -> bytes:
    """The same file played at an exact rate; for writers that round the rate.

    Raises:
        Mp4Error: its frames are not all of one length, or a box is cut short or missing.
    """
    found = {box.kind: box for box in _walk(data, 0, len(data))}
    try:
        ((count, _),) = _time_to_sample(data, found[b"stts"])
        timed = bytearray(data)
        struct.pack_into(">2I", timed, found[b"mdhd"].body + 12, fps.numerator, count * fps.denominator)
        struct.pack_into(">I", timed, found[b"stts"].body + 12, fps.denominator)
    except (KeyError, ValueError, struct.error) as error:
        raise Mp4Error(f"the frames are not timed evenly: {error}") from error
    return bytes(timed)


def _time_to_sample(data: bytes, box: _Box) -> list[tuple[int, int]]:
    """Runs of frames of one length: how many, and how long in ticks."""
    (entries,) = struct.unpack_from(">I", data, box.body + 4)
    if box.body + 8 + 8 * entries > box.end:
        raise Mp4Error("the 'stts' box is cut short")
    return list(struct.iter_unpack(">2I", data[box.body + 8 : box.body + 8 + 8 * entries]))


def _walk(data: bytes, start: int, end: int, depth: int = 0) -> Iterator[_Box]:
    for box in _boxes(data, start, end):
        yield box
        if box.kind in _CONTAINERS:
            if depth == MOST_NESTED_BOXES:
                raise Mp4Error("boxes are nested too deeply")
            yield from _walk(data, box.body, box.end, depth + 1)


def _boxes(data: bytes, start: int, end: int) -> Iterator[_Box]:
    while start < end:
        if start + 8 > end:
            raise Mp4Error("a box is cut short")
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        if size < 8 or start + size > end:
            raise Mp4Error(f"the {kind.decode('latin-1')!a} box is cut short")
        yield _Box(kind, start, body, start + size)
        start += size

"""An mp4 file (ISO/IEC 14496-12 and -14) around MPEG-4 pictures: header first, no clock in it."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from vwd.video.spec import VideoSpec

_UNITY_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDEFINED_LANGUAGE = 0x55C4
# Of ISO/IEC 14496-1: object type MPEG-4 visual, stream type visual with its reserved bit.
_MPEG4_VISUAL, _VISUAL_STREAM = 0x20, (4 << 2) | 1


def mp4(pictures: Sequence[bytes], sync: Sequence[int], stream_header: bytes, spec: VideoSpec) -> bytes:
    """A file with one video track.

    Args:
        pictures: the coded pictures, one a frame.
        sync: the numbers, from 0, of those that are I-VOPs.
        stream_header: what a decoder needs before the first picture.
    """
    kind = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
    sizes = [len(picture) for picture in pictures]
    length = len(kind) + len(_movie(sizes, sync, stream_header, spec, 0)) + 8
    movie = _movie(sizes, sync, stream_header, spec, length)
    return b"".join((kind, movie, struct.pack(">I4s", sum(sizes) + 8, b"mdat"), *pictures))


def _movie(sizes: list[int], sync: Sequence[int], stream_header: bytes, spec: VideoSpec, data_start: int) -> bytes:
    scale, ticks = spec.fps.numerator, len(sizes) * spec.fps.denominator
    head = _full(b"mvhd", 0, _movie_head(scale, ticks))
    track_head = _full(
        b"tkhd", 3, struct.pack(">5I8x4H", 0, 0, 1, 0, ticks, 0, 0, 0, 0), _UNITY_MATRIX,
        struct.pack(">2I", spec.width << 16, spec.height << 16),
    )  # fmt: skip
    media_head = _full(b"mdhd", 0, struct.pack(">4I2H", 0, 0, scale, ticks, _UNDEFINED_LANGUAGE, 0))
    handler = _full(b"hdlr", 0, struct.pack(">I4s12x", 0, b"vide"), b"VideoHandler\x00")
    reference = _box(b"dinf", _full(b"dref", 0, struct.pack(">I", 1), _full(b"url ", 1)))
    information = _box(
        b"minf", _full(b"vmhd", 1, bytes(8)), reference, _sample_table(sizes, sync, stream_header, spec, data_start)
    )
    return _box(b"moov", head, _box(b"trak", track_head, _box(b"mdia", media_head, handler, information)))


def _movie_head(scale: int, ticks: int) -> bytes:
    full_rate, full_volume, next_track = 0x10000, 0x100, 2
    times = struct.pack(">4I", 0, 0, scale, ticks)
    return times + struct.pack(">IH10x", full_rate, full_volume) + _UNITY_MATRIX + struct.pack(">24xI", next_track)


def _sample_table(
    sizes: list[int], sync: Sequence[int], stream_header: bytes, spec: VideoSpec, data_start: int
) -> bytes:
    count = len(sizes)
    return _box(
        b"stbl",
        _full(b"stsd", 0, struct.pack(">I", 1), _sample_entry(stream_header, spec)),
        _full(b"stts", 0, struct.pack(">3I", 1, count, spec.fps.denominator)),
        _full(b"stss", 0, struct.pack(f">{len(sync) + 1}I", len(sync), *(number + 1 for number in sync))),
        _full(b"stsc", 0, struct.pack(">4I", 1, 1, count, 1)),
        _full(b"stsz", 0, struct.pack(f">{count + 2}I", 0, count, *sizes)),
        _full(b"stco", 0, struct.pack(">2I", 1, data_start)),
    )


def _sample_entry(stream_header: bytes, spec: VideoSpec) -> bytes:
    dots_per_inch = 72 << 16
    decoder = struct.pack(">BB3x2I", _MPEG4_VISUAL, _VISUAL_STREAM, 0, 0) + _descriptor(5, stream_header)
    stream = struct.pack(">HB", 1, 0) + _descriptor(4, decoder) + _descriptor(6, b"\x02")
    return _box(
        b"mp4v",
        struct.pack(">6xH16x2H2I4xH32x2H", 1, spec.width, spec.height, dots_per_inch, dots_per_inch, 1, 24, 0xFFFF),
        _full(b"esds", 0, _descriptor(3, stream)),
    )


def _descriptor(tag: int, body: bytes) -> bytes:
    assert len(body) < 128
    return bytes([tag, len(body)]) + body


def _box(kind: bytes, *body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, body)), kind) + b"".join(body)


def _full(kind: bytes, flags: int, *body: bytes) -> bytes:
    """A box with a version (0) and flags."""
    return _box(kind, struct.pack(">I", flags), *body)

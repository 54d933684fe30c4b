"""Decodes MPEG-4 video in an mp4 with Xvid (libxvidcore 1.3, API 4.3) through ctypes: a decoder not based on FFmpeg.

The library comes from Debian's package libxvidcore4; nothing is compiled.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import struct
from collections.abc import Iterator
from ctypes import POINTER, Structure, Union, byref, c_int, c_uint, c_void_p
from types import TracebackType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Luma = npt.NDArray[np.uint8]

# Path of the library if the system's loader does not find it.
LIBRARY_VARIABLE = "VWD_XVIDCORE"

# From xvid.h 1.3: the version of a structure, operations, the colour space of separate planes, flags, output types.
_VERSION = 0x010300
_GLOBAL_INIT, _CREATE, _DESTROY, _DECODE = 0, 0, 1, 2
_PLANAR, _LOW_DELAY = 1 << 0, 1 << 0
_TYPE_VOL, _TYPE_NOTHING = -1, 0
# The bit reader loads full words past the end.
_PADDING = bytes(64)
# Boxes that contain boxes, on the path to the sample tables.
_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


class XvidError(RuntimeError):
    """The library returned an error, or more or fewer pictures than it was given."""


class _Init(Structure):
    _fields_ = (("version", c_int), ("cpu_flags", c_uint), ("debug", c_int))


class _Create(Structure):
    _fields_ = (
        ("version", c_int), ("width", c_int), ("height", c_int), ("handle", c_void_p), ("fourcc", c_int),
        ("num_threads", c_int),
    )  # fmt: skip


class _Image(Structure):
    _fields_ = (("csp", c_int), ("plane", c_void_p * 4), ("stride", c_int * 4))


class _Frame(Structure):
    _fields_ = (
        ("version", c_int), ("general", c_int), ("bitstream", c_void_p), ("length", c_int), ("output", _Image),
        ("brightness", c_int),
    )  # fmt: skip


class _VopStats(Structure):
    _fields_ = (
        ("general", c_int), ("time_base", c_int), ("time_increment", c_int), ("qscale", POINTER(c_int)),
        ("qscale_stride", c_int),
    )  # fmt: skip


class _VolStats(Structure):
    _fields_ = tuple((name, c_int) for name in "general width height par par_width par_height".split())


class _Data(Union):
    _fields_ = (("vop", _VopStats), ("vol", _VolStats))


class _Stats(Structure):
    _fields_ = (("version", c_int), ("type", c_int), ("data", _Data))


class Pictures(NamedTuple):
    """What a decoder needs of an mp4: the stream header in its esds, and the bytes of each sample."""

    width: int
    height: int
    header: bytes
    samples: list[bytes]


def find_library() -> str | None:
    """The library that VWD_XVIDCORE names, otherwise the one that the system's loader finds, otherwise None."""
    return os.environ.get(LIBRARY_VARIABLE) or ctypes.util.find_library("xvidcore")


def read_pictures(video: bytes) -> Pictures:
    """Reads the pictures of an mp4 with a single chunk, without a library."""
    boxes = dict(_boxes(video, 0, len(video)))
    entry = boxes[b"stsd"] + 16
    width, height = struct.unpack_from(">HH", video, entry + 24)
    (count,) = struct.unpack_from(">I", video, boxes[b"stsz"] + 8)
    sizes = struct.unpack_from(f">{count}I", video, boxes[b"stsz"] + 12)
    chunks, start = struct.unpack_from(">II", video, boxes[b"stco"] + 4)
    if chunks != 1:
        raise ValueError(f"{chunks} chunks, expected one")
    samples = []
    for size in sizes:
        samples.append(video[start : start + size])
        start += size
    esds = dict(_boxes(video, entry + 78, entry + 78 + 8))[b"esds"]
    return Pictures(width, height, _decoder_configuration(video, esds + 4), samples)


def _boxes(video: bytes, start: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Yields the type of each box and the offset of its body."""
    while start < end:
        size, kind = struct.unpack_from(">I4s", video, start)
        yield kind, start + 8
        if kind in _CONTAINERS:
            yield from _boxes(video, start + 8, start + size)
        start += size


def _decoder_configuration(video: bytes, offset: int) -> bytes:
    """The body of descriptor 5 inside descriptors 3 and 4 (ISO/IEC 14496-1, 7.2.6)."""
    for tag, skipped in ((3, 3), (4, 13), (5, 0)):
        if video[offset] != tag:
            raise ValueError(f"descriptor {video[offset]}, expected {tag}")
        length, more = 0, True
        while more:
            offset += 1
            length, more = length << 7 | video[offset] & 0x7F, video[offset] >= 0x80
        offset += 1 + skipped
    return video[offset : offset + length]


class Xvid:
    """A decoder of one stream; close it, or use it with `with`."""

    def __init__(self, library: str, width: int, height: int) -> None:
        self._core = ctypes.CDLL(library)
        init = _Init(version=_VERSION)
        self._check(self._core.xvid_global(None, c_int(_GLOBAL_INIT), byref(init), None))
        create = _Create(version=_VERSION, width=width, height=height)
        self._check(self._core.xvid_decore(None, c_int(_CREATE), byref(create), None))
        self._handle = c_void_p(create.handle)
        self._width, self._height = width, height
        self._luma = np.zeros((height, width), np.uint8)
        self._chroma = np.zeros((2, -(-height // 2), -(-width // 2)), np.uint8)

    def __enter__(self) -> Xvid:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._check(self._core.xvid_decore(self._handle, c_int(_DESTROY), None, None))

    def decode(self, data: bytes) -> list[Luma]:
        """The luma of each picture in `data`, uint8 [height, width]."""
        buffer = ctypes.create_string_buffer(data + _PADDING, len(data) + len(_PADDING))
        pictures, offset = [], 0
        while offset < len(data):
            stats = _Stats(version=_VERSION)
            frame = self._frame(ctypes.addressof(buffer) + offset, len(data) - offset)
            used = self._check(self._core.xvid_decore(self._handle, c_int(_DECODE), byref(frame), byref(stats)))
            if stats.type == _TYPE_VOL and (stats.data.vol.width, stats.data.vol.height) != self._luma.shape[::-1]:
                raise XvidError(f"the stream is {stats.data.vol.width}x{stats.data.vol.height}")
            if stats.type > _TYPE_NOTHING:
                pictures.append(self._luma.copy())
            if used == 0:
                break
            offset += used
        return pictures

    def _frame(self, address: int, length: int) -> _Frame:
        planes = (self._luma, self._chroma[0], self._chroma[1])
        image = _Image(csp=_PLANAR)
        for number, plane in enumerate(planes):
            image.plane[number], image.stride[number] = plane.ctypes.data, plane.strides[0]
        return _Frame(version=_VERSION, general=_LOW_DELAY, bitstream=address, length=length, output=image)

    @staticmethod
    def _check(result: int) -> int:
        if result < 0:
            raise XvidError(f"Xvid returned error {result}")
        return result


def decode(video: bytes, library: str) -> Iterator[Luma]:
    """The luma of each frame of an mp4 as Xvid decodes it.

    Raises:
        XvidError: the library reports an error, or a sample is not exactly one picture.
    """
    width, height, header, samples = read_pictures(video)
    with Xvid(library, width, height) as decoder:
        for number, sample in enumerate(samples):
            pictures = decoder.decode(header + sample if number == 0 else sample)
            if len(pictures) != 1:
                raise XvidError(f"{len(pictures)} pictures in sample {number}")
            yield pictures[0]

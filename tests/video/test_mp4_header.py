"""Reading mp4 headers: correct for complete files; damaged ones are read or raise `Mp4Error`, and no other error."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from video.screening import drawn, seen_by_av, top_boxes, video_of

from vwd.video.mp4 import Mp4Error, moov_first, read_header
from vwd.video.spec import VideoSpec

SMALL = VideoSpec(320, 240, 24)


@cache
def complete() -> bytes:
    """A complete file: the header of a small video, and a media data box with only 16 bytes in it."""
    data = video_of("opencv", "spilling", SMALL)
    at = data.index(b"mdat")
    return data[: at - 4] + struct.pack(">I4s", 24, b"mdat") + bytes(16)


@cache
def moov_last() -> bytes:
    """The same video with the header at the end, where muxers write it first."""
    data = complete()
    moov, mdat = data.index(b"moov") - 4, data.index(b"mdat") - 4
    size = int.from_bytes(data[moov : moov + 4], "big")
    return data[:moov] + data[moov + size : mdat] + data[mdat:] + data[moov : moov + size]


def fields(data: bytes) -> list[int]:
    """The offsets of the sizes, kinds and first fields of boxes."""
    kinds = (b"ftyp", b"moov", b"mvhd", b"trak", b"mdia", b"mdhd", b"minf", b"stbl", b"stsd", b"stsz", b"stco", b"mdat")
    return [data.index(kind) - 4 + after for kind in kinds for after in (0, 4, 8, 12, 16)]


def edits_of(data: bytes) -> st.SearchStrategy[list[tuple[int, int]]]:
    """A few edits, each of which overwrites four bytes."""
    value = st.sampled_from([0, 1, 7, 8, 9, 16, 2**31, 2**32 - 1]) | st.integers(0, 2**32 - 1)
    return st.lists(st.tuples(st.sampled_from(fields(data)) | st.integers(0, len(data)), value), max_size=5)


def edited(data: bytes, edits: list[tuple[int, int]]) -> bytes:
    changed = bytearray(data)
    for at, value in edits:
        struct.pack_into(">I", changed, min(at, len(changed) - 4), value)
    return bytes(changed)


def assert_read_or_refused(data: bytes) -> None:
    try:
        header = read_header(data)
    except Mp4Error:
        return
    assert header.frames >= 0
    assert header.fps >= 0


@settings(max_examples=300)
@given(st.integers(0, 3000), edits_of(complete()))
def test_a_damaged_file_is_read_or_refused(length: int, edits: list[tuple[int, int]]) -> None:
    assert_read_or_refused(edited(complete(), edits)[:length])


@settings(max_examples=200)
@given(st.binary(max_size=200))
@example(b"\0\0\0\x01moov")
@example(b"\0\0\0\x01moov\0\0\0\0\0\0\0\x08")
@example(b"\0\0\0\0mdat")
def test_bytes_that_are_not_an_mp4_are_refused(data: bytes) -> None:
    with pytest.raises(Mp4Error):
        read_header(data)


def test_endlessly_nested_boxes_are_refused() -> None:
    data = b""
    for _ in range(3000):
        data = struct.pack(">I4s", len(data) + 8, b"moov") + data
    with pytest.raises(Mp4Error):
        read_header(data)


@pytest.mark.parametrize("missing", [b"moov", b"mdhd", b"stsd", b"stsz", b"mdat"])
def test_a_missing_box_is_named(missing: bytes) -> None:
    with pytest.raises(Mp4Error, match=(b"mdhd" if missing == b"moov" else missing).decode()):
        read_header(complete().replace(missing, b"free"))


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_refused(fraction: float) -> None:
    data = video_of("opencv", "spilling", SMALL)
    with pytest.raises(Mp4Error, match="cut short"):
        read_header(data[: int(len(data) * fraction)])


@settings(max_examples=300)
@given(st.integers(0, 3000), edits_of(moov_last()))
def test_the_header_of_a_damaged_file_is_moved_or_refused(length: int, edits: list[tuple[int, int]]) -> None:
    data = edited(moov_last(), edits)[:length]
    try:
        moved = moov_first(data)
    except Mp4Error:
        return
    assert len(moved) == len(data)


@pytest.mark.parametrize("field", [12, 16], ids=["count", "offset"])
def test_a_header_with_impossible_chunk_offsets_is_not_moved(field: int) -> None:
    data = moov_last()
    with pytest.raises(Mp4Error):
        moov_first(edited(data, [(data.index(b"stco") - 4 + field, 2**32 - 1)]))


def test_the_header_is_moved_before_the_data_only_once(tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "raw.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 24.0, (320, 240))
    for picture in drawn("spilling", SMALL):
        writer.write(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    writer.release()
    raw = (tmp_path / "raw.mp4").read_bytes()
    assert top_boxes(raw)[-1] == "moov"
    moved = moov_first(raw)
    assert top_boxes(moved).index("moov") < top_boxes(moved).index("mdat")
    assert moov_first(moved) == moved
    assert len(moved) == len(raw)
    assert read_header(moved) == read_header(raw)
    assert all(np.array_equal(a, b) for a, b in zip(seen_by_av(moved), seen_by_av(raw), strict=True))

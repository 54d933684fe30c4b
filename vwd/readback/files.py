"""Frames of video files, of animated pictures and of folders of pictures."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import cv2

from vwd.errors import DecodeError
from vwd.limits import LARGEST_SIDE, MOST_FRAMES
from vwd.readback.ink import Grey, to_grey

VIDEO_ENDINGS = (".mp4", ".webm", ".gif")
PICTURE_ENDING = ".png"


def file_frames(path: Path) -> Iterator[Grey]:
    """The frames of a video file, or of a folder of PNG files in order of the numbers in their names, in grey.

    Raises:
        DecodeError: it cannot be decoded, has no frames, or more or larger ones than anything here.
    """
    return _picture_frames(path) if path.is_dir() else (frame for _, frame in _timed_frames(str(path)))


def video_frames(video: bytes) -> Iterator[Grey]:
    """The frames of a video in memory, in grey; as `file_frames`."""
    return (frame for _, frame in timed_frames(video))


def timed_frames(video: bytes) -> Iterator[tuple[float, Grey]]:
    """The frames of a video in memory, and the seconds after the start of the video at which each is shown.

    Raises:
        DecodeError: as `file_frames`.
    """
    handle = os.memfd_create("vwd-video")
    try:
        with open(handle, "wb", closefd=False) as file:
            file.write(video)
        yield from _timed_frames(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


def _timed_frames(path: str) -> Iterator[tuple[float, Grey]]:
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what is wrong with a file is said by an error
    capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise DecodeError("it is no video")
        width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        if max(width, height) > LARGEST_SIDE:
            raise DecodeError(f"its frames have {width:.0f}x{height:.0f} pixels")
        count = 0
        # Of other files it is an estimate.
        declared = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if not path.endswith((".webm", ".gif")) else 0
        while True:
            found, frame = capture.read()
            if not found:
                break
            count += 1
            if count > MOST_FRAMES:
                raise DecodeError(f"it has more than {MOST_FRAMES:,} frames")
            yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, to_grey(frame)
        if not count:
            raise DecodeError("it has no frames")
        if count < declared:
            raise DecodeError(f"it has {declared:,} frames, of which only {count:,} can be decoded")
    finally:
        capture.release()


def _picture_frames(folder: Path) -> Iterator[Grey]:
    pictures = (path for path in folder.iterdir() if path.suffix.lower() == PICTURE_ENDING and path.is_file())
    names = sorted(pictures, key=number_in_name)
    if not names:
        raise DecodeError("the folder has no pictures")
    for path in names[:MOST_FRAMES]:
        # OpenCV would decode a gigabyte of pixels, of a file of some kilobytes.
        with path.open("rb") as file:
            width, height = _png_size(file.read(24))
        if max(width, height) > LARGEST_SIDE:
            raise DecodeError(f"{path.name} has {width}x{height} pixels")
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise DecodeError(f"{path.name} is no picture")
        yield to_grey(picture)


def _png_size(head: bytes) -> tuple[int, int]:
    """The width and height in the first 24 bytes of a PNG file; of others, of which a decoder will tell, 0."""
    if not head.startswith(b"\x89PNG\r\n\x1a\n") or len(head) < 24:
        return 0, 0
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def number_in_name(path: Path) -> tuple[int, str]:
    """The last number in a file's name, and the name: their order is that of numbers, also without leading zeros."""
    numbers = re.findall(r"[0-9]+", path.stem)
    return (int(numbers[-1][-40:]) if numbers else -1), path.name

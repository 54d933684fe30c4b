"""The first and the last frame of a video that was exported, as PNG files."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from vwd.errors import ShardError


@lru_cache(maxsize=1)  # both frames of one video are asked for in turn
def first_and_last(video: Path) -> tuple[bytes, bytes]:
    """The first and the last frame of a video, in grey.

    Raises:
        ShardError: it cannot be decoded.
    """
    import cv2

    capture = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG)
    try:
        found, frame = capture.read()
        if not found:
            raise ShardError(f"{video}: no frame can be decoded", "Check the shards with 'vwd verify'.")
        first = last = frame
        while found:
            last = frame
            found, frame = capture.read()
    finally:
        capture.release()
    # The videos are grey: their chroma is neutral.
    return cv2.imencode(".png", first[:, :, 0])[1].tobytes(), cv2.imencode(".png", last[:, :, 0])[1].tobytes()

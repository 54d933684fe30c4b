"""Decoding by OpenCV, where PyAV is not installed. It opens files only, so that the bytes become one in memory."""

from __future__ import annotations

import os

from vwd.errors import DecodeError
from vwd.stream.decode import Grey, fit
from vwd.stream.frame_selection import Numbers


def decode_with_opencv(video: bytes, wanted: Numbers, frames: Grey) -> None:
    """As `vwd.stream.decode.decode`; OpenCV's own conversion rounds some values by one of 255 differently.

    Raises:
        DecodeError: the bytes are not a video, or have too few frames.
    """
    import cv2

    handle = os.memfd_create("vwd-video")
    try:
        os.write(handle, video)
        capture = cv2.VideoCapture(f"/proc/self/fd/{handle}", cv2.CAP_FFMPEG)
        filled = number = 0
        while filled < len(wanted):
            found, picture = capture.read()
            if not found:
                raise DecodeError(f"frame {wanted[filled]} is missing")
            while filled < len(wanted) and wanted[filled] == number:
                fit(picture[:, :, 0].copy(), frames[filled])
                filled += 1
            number += 1
        capture.release()
    finally:
        os.close(handle)

"""From the bytes of an mp4 to the wanted frames of its luma."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from vwd.errors import MissingExtraError, ShardError
from vwd.stream.frames import Numbers

Grey = npt.NDArray[np.uint8]

# Luma is stored in the video range of BT.601, 16 to 235; this is what conversion to RGB makes of it, so that
# paper is 255 and ink 0. Chroma is neutral: R, G and B are this value, all three.
_FULL_RANGE = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)


class DecodeError(ShardError):
    """A video that does not give the frames it should."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the video cannot be decoded: {what}",
            "Check the shards with 'vwd verify'; on_error='skip' or 'replace' goes on without it.",
        )


def decode(video: bytes, wanted: Numbers, frames: Grey) -> None:
    """Some frames of a video as full-range grey. All are decoded up to the last wanted one; only these are converted.

    Args:
        wanted: their numbers, never falling.
        frames: uint8 [T, H, W], where they go; they are scaled to its height and width.

    Raises:
        DecodeError: the bytes are no video, are damaged, or have too few frames.
        MissingExtraError: PyAV is not installed.
    """
    av = _av()
    place = 0
    try:
        # Named, since FFmpeg would else look for anything at all that it can read in bytes that are damaged.
        with av.open(io.BytesIO(video), format="mp4") as container:
            stream = next(iter(container.streams.video), None)
            if stream is None or stream.codec_context is None:
                raise DecodeError("it holds no video stream")
            # Workers are processes, one a core. A damaged block is an error, not something to paint over.
            stream.codec_context.thread_count = 1
            stream.codec_context.options = {"err_detect": "explode"}
            for number, frame in enumerate(container.decode(stream)):
                if number < wanted[place]:
                    continue
                if frame.is_corrupt:
                    raise DecodeError(f"frame {number} is damaged")
                first = place
                _convert(frame, frames[first])
                place += 1
                while place < len(wanted) and wanted[place] == number:
                    frames[place] = frames[first]
                    place += 1
                if place == len(wanted):
                    return
    except av.FFmpegError as error:
        raise DecodeError(str(error)) from error
    raise DecodeError(f"frame {wanted[place]} is missing")


def fit(grey: Grey, out: Grey) -> None:
    """Scales a picture, uint8 [height, width], into `out`: by averaging areas where it shrinks."""
    import cv2

    if grey.shape == out.shape:
        out[:] = grey
        return
    shrinks = out.shape[0] <= grey.shape[0] and out.shape[1] <= grey.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    cv2.resize(grey, (out.shape[1], out.shape[0]), dst=out, interpolation=way)


def _convert(frame: Any, out: Grey) -> None:
    import cv2

    if not frame.format.name.startswith(("yuv420p", "yuvj420p", "gray")):
        raise DecodeError(f"its pixels are {frame.format.name}")
    plane = frame.planes[0]
    luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    if luma.shape == out.shape:
        cv2.LUT(luma, _FULL_RANGE, dst=out)
    else:
        fit(cv2.LUT(luma, _FULL_RANGE), out)


@cache
def be_one_thread() -> None:
    """Keeps OpenCV from threads of its own in this process: of workers, there is one a core already.

    Not by 1: that waits for the threads to end, which a forked process has not inherited.
    """
    import cv2

    cv2.setNumThreads(0)


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingExtraError("decoding videos", "torch") from error
    return av

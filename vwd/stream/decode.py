"""From the bytes of an mp4 to some frames of its luma."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from vwd.errors import DecodeError, MissingExtraError
from vwd.stream.frame_selection import Numbers
from vwd.stream.still import still_pictures
from vwd.video.mp4 import Mp4Error, read_header
from vwd.video.pyav import metadata_options

Grey = npt.NDArray[np.uint8]

# Luma is stored in the video range of BT.601; conversion to RGB gives these values, so that paper is 255 and ink 0.
# Chroma is neutral: R, G and B are all equal to it.
_BLACK, _WHITE = 16, 235
FULL_RANGE = np.clip(np.rint((np.arange(256) - _BLACK) * 255 / (_WHITE - _BLACK)), 0, 255).astype(np.uint8)


def decode(
    video: bytes, wanted: Numbers, frames: Grey, convert: Callable[[Any, Grey], None] | None = None, form: str = "mp4"
) -> None:
    """Some frames of a video as full-range grey. All are decoded up to the last wanted one, and only those converted.

    Args:
        wanted: their numbers, never decreasing.
        frames: uint8 [T, H, W], written; they are scaled to its height and width.
        convert: writes PyAV's frame to one of `frames`, which may then have other axes.
        form: FFmpeg's name of the file's format.

    Raises:
        DecodeError: the bytes are not a video, are damaged, or have too few frames.
        MissingExtraError: PyAV is not installed.
    """
    av = _av()
    convert = convert or _convert
    filled = 0
    try:
        # The format is named, since FFmpeg would otherwise try every other format on damaged bytes.
        with av.open(io.BytesIO(video), format=form, **metadata_options()) as container:
            stream = next(iter(container.streams.video), None)
            if stream is None or stream.codec_context is None:
                raise DecodeError("it holds no video stream")
            # Workers are processes, one a core. A damaged block is an error, not something to conceal.
            stream.codec_context.thread_count = 1
            stream.codec_context.options = {"err_detect": "explode"}
            converted = None
            for number, frame in enumerate(pictures(container, stream)):
                while filled < len(wanted) and wanted[filled] == number:
                    if frame.is_corrupt:
                        raise DecodeError(f"frame {number} is damaged")
                    if frame is converted:
                        frames[filled] = frames[filled - 1]
                    else:
                        convert(frame, frames[filled])
                    converted = frame
                    filled += 1
                if filled == len(wanted):
                    return
    except av.FFmpegError as error:
        raise DecodeError(str(error)) from error
    raise DecodeError(f"frame {wanted[filled]} is missing")


def pictures(container: Any, stream: Any) -> Iterator[Any]:
    """The video's pictures; the same one again, undecoded, where the `mpeg4` encoder has made one that changes nothing.

    Pictures of other encoders may come in another order than their packets.
    """
    still: Sequence[bytes] = ()
    frame = None
    for number, packet in enumerate(container.demux(stream)):
        if number == 1:
            still = still_pictures(stream, bytes(packet))
        if frame and number < len(still) and bytes(packet) == still[number]:
            yield frame
            continue
        for frame in packet.decode():
            yield frame


def check_length(video: bytes, frames: int) -> None:
    """Compares a video's header with the storyboard: decoders allocate for as many frames as the header claims.

    Raises:
        DecodeError: it has other numbers of frames, or no readable header.
    """
    try:
        header = read_header(video)
    except Mp4Error as error:
        raise DecodeError(str(error)) from error
    if header.frames != frames:
        raise DecodeError(f"its header has {header.frames:,} frames, the storyboard {frames:,}")


def fit(grey: Grey, out: Grey) -> None:
    """Scales a picture, uint8 [height, width] or [height, width, 3], to `out`: by averaging areas where it shrinks."""
    import cv2

    if grey.shape == out.shape:
        out[:] = grey
        return
    shrinks = out.shape[0] <= grey.shape[0] and out.shape[1] <= grey.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    cv2.resize(grey, (out.shape[1], out.shape[0]), dst=out, interpolation=method)


def _convert(frame: Any, out: Grey) -> None:

    if not frame.format.name.startswith(("yuv420p", "yuvj420p", "gray")):
        raise DecodeError(f"its pixels are {frame.format.name}")
    plane = frame.planes[0]
    luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    if luma.shape == out.shape:
        stretch(luma, out)
    else:
        full = np.empty(luma.shape, np.uint8)
        stretch(luma, full)
        fit(full, out)


def stretch(luma: Grey, out: Grey) -> None:
    """From the video range to the full one: `FULL_RANGE[luma]`, written to `out`.

    As a weighted sum, rounded and clipped, which OpenCV takes a quarter of the time for that its lookup takes.
    """
    import cv2

    scale = 255 / (_WHITE - _BLACK)
    cv2.addWeighted(luma, scale, luma, 0, -_BLACK * scale, dst=out)


@cache
def use_one_thread() -> None:
    """Keeps OpenCV from starting threads in this process: there is one worker a core already.

    Not by 1: that waits for threads to end which a forked process has not inherited.
    """
    import cv2

    cv2.setNumThreads(0)


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingExtraError("decoding videos", "torch") from error
    return av

"""Pictures of our own videos that change nothing: known by their bytes, so that they need not be decoded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vwd.errors import UsageError
from vwd.video.mpeg4.headers import P_VOP, stream_header, vop_header
from vwd.video.mpeg4.stream import Stream
from vwd.video.spec import VideoSpec


def still_pictures(stream: Any, packet: bytes) -> Sequence[bytes]:
    """The bytes of each picture that would change nothing; none for videos that the `mpeg4` encoder has not made.

    Args:
        stream: PyAV's video stream.
        packet: the bytes of the video's picture 1, which says the quantiser.
    """
    context, frames = stream.codec_context, stream.frames
    if context.name != "mpeg4" or not 1 < frames <= 65_536 or not stream.average_rate:
        return ()
    return _still(bytes(context.extradata or b""), context.width, context.height, frames, stream.average_rate, packet)


def _still(header: bytes, width: int, height: int, frames: int, fps: Any, packet: bytes) -> Sequence[bytes]:
    try:
        spec = VideoSpec(width, height, frames, fps)
    except UsageError:  # a damaged header
        return ()
    if stream_header(spec) != header:
        return ()
    # Five bits of it, and three of the reach, end the header, which has a bit for each second before.
    header_bits = len(vop_header(spec, 1, P_VOP, 1))
    start = packet[: (header_bits + 7) // 8]
    if 8 * len(start) < header_bits:
        return ()
    quantiser = int.from_bytes(start, "big") >> (8 * len(start) - header_bits + 3) & 31
    return _stream(spec, quantiser).still if quantiser else ()


@lru_cache(maxsize=8)
def _stream(spec: VideoSpec, quantiser: int) -> Stream:
    return Stream(spec, quantiser)

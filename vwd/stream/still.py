"""Pictures of our own videos that change nothing: known by their bytes, so that they need not be decoded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

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
    spec = VideoSpec(width, height, frames, fps)
    before_quantiser = len(vop_header(spec, 1, P_VOP, 1)) - 8  # followed by five bits of it, and three of the reach
    quantiser = int.from_bytes(packet[:32].ljust(32, b"\0"), "big") >> (256 - before_quantiser - 5) & 31
    return _stream(spec, quantiser).still if quantiser and stream_header(spec) == header else ()


@lru_cache(maxsize=8)
def _stream(spec: VideoSpec, quantiser: int) -> Stream:
    return Stream(spec, quantiser)

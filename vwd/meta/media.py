"""Video files through PyAV: what their headers say, what can be decoded, single frames."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vwd.errors import MediaError, MissingExtraError
from vwd.storage.regular import open_regular
from vwd.video.pyav import metadata_options

if TYPE_CHECKING:
    import numpy as np

# What a clip's own header says of where it was cut from, as JSON in the one tag that every container keeps.
ORIGIN_TAG = "comment"
ORIGIN = ("source", "scene", "start_frame", "end_frame")
_HINT = "Check the file with ffprobe; 'vwd meta info' drops such rows with `fmin` 1."


@dataclass(frozen=True)
class VideoInfo:
    """What is known of a video.

    Attributes:
        frames: as the header says, or as many as there are packets where it does not; 0 for a broken file.
        fps: frames a second; None where the header has none.
        decoded: how many frames can be decoded; None where that was not tried.
        origin: of a clip: `source`, `scene`, `start_frame`, `end_frame`.
        doubt: why `frames` may be wrong, or the video is broken; "" where there is no reason.
        seconds: of the video's track.
    """

    frames: int = 0
    height: int = 0
    width: int = 0
    fps: Fraction | None = None
    decoded: int | None = None
    origin: dict[str, Any] | None = None
    doubt: str = ""
    seconds: float = 0.0


def probe(path: str | Path, check: bool = False) -> VideoInfo:
    """What a video's header says; a file that cannot be opened has 0 frames and a `doubt`.

    Args:
        check: decode every frame, one at a time, to count them.
    """
    try:
        with opened(path) as container:
            info = _header(container, Path(path))
            if not check:
                return info
        with opened(path) as container:
            decoded = sum(1 for _ in decoded_frames(container))
    except MediaError as error:
        return VideoInfo(doubt=error.what)
    doubt = "" if decoded == info.frames else f"{info.frames} frames by its header, {decoded} can be decoded"
    return VideoInfo(**{**vars(info), "decoded": decoded, "doubt": doubt})


@contextmanager
def opened(path: str | Path) -> Iterator[Any]:
    """A container that has a video.

    Raises:
        MediaError: there is no such file, or it is no video.
        MissingExtraError: PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise MissingExtraError("reading videos", "meta") from error
    try:
        # A pipe would be waited for; what is opened by its address, or by one in a playlist, would be fetched.
        os.close(open_regular(Path(path)))
        container = av.open(f"file:{path}", options={"protocol_whitelist": "file"}, **metadata_options())
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{path}: cannot be opened: {_reason(error)}", _HINT) from error
    with container:
        if not container.streams.video:
            raise MediaError(f"{path}: has no video", _HINT)
        if not container.streams.video[0].codec_context:
            raise MediaError(f"{path}: its codec is unknown", _HINT)
        yield container


def decoded_frames(container: Any) -> Iterator[Any]:
    """The frames that can be decoded, in the order of their showing; damaged ones are left out."""
    import av

    stream = container.streams.video[0]
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:  # the file ends before its data do: what the decoder holds is still good
            packet = None
        with suppress(av.FFmpegError):  # a damaged frame; those after it may be good
            yield from stream.decode(packet)
        if packet is None:
            return


def frames_at(path: str | Path, places: Sequence[float]) -> list[np.ndarray[Any, Any]]:
    """Frames at these parts of a video's length, such as 0.5 for the middle: arrays (height, width, 3) of RGB bytes.

    Raises:
        MediaError: one of them cannot be decoded.
    """
    with opened(path) as container:
        header = _header(container, Path(path))
        stream = container.streams.video[0]
        return [_frame_at(container, stream, header, place, path) for place in places]


def _frame_at(container: Any, stream: Any, header: VideoInfo, place: float, path: str | Path) -> np.ndarray[Any, Any]:
    import av

    index = min(int(place * header.frames), header.frames - 1)
    rate = header.fps or Fraction(25)
    start = stream.start_time or 0
    # Half a frame early: rounding in the file's clock must not give the next one.
    target = start + (Fraction(2 * index - 1, 2) / rate) / stream.time_base
    try:
        container.seek(max(int(start + index / rate / stream.time_base), 0), stream=stream)
        for packet in container.demux(stream):
            for frame in stream.decode(packet):
                if frame.pts is None or frame.pts >= target:
                    found: np.ndarray[Any, Any] = frame.to_ndarray(format="rgb24")
                    return found
    except av.FFmpegError as error:
        raise MediaError(f"{path}: frame {index} cannot be decoded: {_reason(error)}", _HINT) from error
    raise MediaError(f"{path}: frame {index} of {header.frames} is not there", _HINT)


def _header(container: Any, path: Path) -> VideoInfo:
    stream = container.streams.video[0]
    rate = stream.average_rate or stream.guessed_rate or None
    frames, doubt = stream.frames, ""
    if frames:
        doubt = _missing_data(stream, path)
    else:
        frames = _packets(container, stream)
    seconds = float(stream.duration * stream.time_base) if stream.duration else float(frames / rate) if rate else 0.0
    if not doubt and rate and container.duration and seconds:
        expected = seconds * float(rate)
        if abs(expected - frames) > max(2.0, 0.02 * frames):
            doubt = f"{frames} frames by its header, and {expected:.0f} by its duration"
    return VideoInfo(frames, stream.height, stream.width, rate, None, _origin(container), doubt, seconds)


def _packets(container: Any, stream: Any) -> int:
    """Counted without decoding, where the header does not say: Matroska never does."""
    import av

    count = 0
    try:
        for packet in container.demux(stream):
            count += packet.size > 0
    except av.FFmpegError:
        return count
    return count


def _missing_data(stream: Any, path: Path) -> str:
    """Compares the file's index with its size."""
    entries = getattr(stream, "index_entries", None)
    if not entries:
        return ""
    size = path.stat().st_size
    held = sum(1 for entry in entries if entry.pos + entry.size <= size)
    if held == len(entries):
        return ""
    return f"{stream.frames} frames by its header, of which the file ends before {len(entries) - held}"


def _origin(container: Any) -> dict[str, Any] | None:
    """What `vwd meta cut` has written into a clip; None where it is not that, or nothing that a table could hold."""
    text = container.metadata.get(ORIGIN_TAG) or container.metadata.get(ORIGIN_TAG.upper()) or ""
    if not text.startswith('{"source"'):
        return None
    try:
        origin = json.loads(text)
        values = {name: origin[name] for name in ORIGIN}
        "".join(str(value) for value in values.values()).encode()  # half characters fail
        return values if all(isinstance(value, str | int | float) for value in values.values()) else None
    except (ValueError, KeyError, TypeError):
        return None


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)

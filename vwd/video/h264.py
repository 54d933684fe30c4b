"""H.264 by libx264 through PyAV (extra `h264`): what browsers play."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vwd.errors import DecodeError, MissingExtraError
from vwd.text.storyboard import Storyboard
from vwd.video.frames import VIDEO_RANGE, play
from vwd.video.mp4 import Mp4Error, moov_first, read_header
from vwd.video.spec import VideoSpec

try:
    import av
except ImportError as error:
    raise MissingExtraError("the h264 encoder", "h264") from error

# What it takes for the same frames to give the same bytes. One thread: with more, libx264 spreads bits differently by
# the number of cores. No macroblock tree: with it, x264 165 gives one of several files for frames of many sizes, as
# memory happens to lie, though not without its assembler.
REPRODUCIBLE = {"threads": "1", "x264-params": "mbtree=0"}
# These two presets have no macroblock tree. Outputs record the first one's options.
_OPTIONS = {"preset": "ultrafast", "crf": "20", "threads": "1"}
# For pages, which hold many videos: a quarter of the size for a third more time. With a key frame every 48 frames, a
# player that is sent to some frame decodes at most so many.
_PAGE_OPTIONS = {"preset": "superfast", "crf": "24", "g": "48", "bf": "0", "threads": "1"}


class H264Encoder:
    """Frames go in as planes of YCbCr, whose luma is drawn directly: no colour conversion."""

    kernel = ""

    @property
    def identity(self) -> dict[str, str]:
        version = ".".join(map(str, av.library_versions["libavcodec"]))
        return {"name": "h264", "libavcodec": version, **_OPTIONS}

    @property
    def cache_counts(self) -> dict[str, tuple[int, int]]:
        return {}

    def encode(self, storyboard: Storyboard, spec: VideoSpec) -> bytes:
        """An mp4 of the storyboard (see `vwd.video.encoders.Encoder`)."""
        planes = np.full((spec.height * 3 // 2, spec.width), 128, np.uint8)
        output = io.BytesIO()
        # bitexact: no library version and no time in the file.
        with av.open(output, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
            stream = container.add_stream("libx264", rate=spec.fps, options=_OPTIONS)
            stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, "yuv420p"
            stream.codec_context.time_base = 1 / spec.fps
            for number, _ in enumerate(play(storyboard, planes[: spec.height], VIDEO_RANGE)):
                frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                frame.pts = number
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return moov_first(output.getvalue())


class Recoded(NamedTuple):
    """A video that browsers play, and the luma of one of its frames, uint8 [height, width] in the video range."""

    video: bytes
    still: npt.NDArray[np.uint8]


def recode(video: bytes, still: int | None = None) -> Recoded:
    """The same frames at the same rate as H.264, its header before its data.

    Args:
        still: the number of the frame that is returned, too; None, and any beyond the last, for the last.

    Raises:
        DecodeError: the bytes are not a video, or damaged.
    """
    output, luma = io.BytesIO(), None
    try:
        _, width, height, _, rate = read_header(video)
        with av.open(io.BytesIO(video), format="mp4") as source, av.open(
            output, "w", format="mp4", options={"fflags": "+bitexact"}
        ) as target:  # fmt: skip
            source.streams.video[0].codec_context.thread_count = 1
            stream = target.add_stream("libx264", rate=rate, options=_PAGE_OPTIONS)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.time_base = 1 / rate
            for number, frame in enumerate(source.decode(video=0)):
                picture = frame.reformat(format="yuv420p")
                picture.pts, picture.time_base, picture.pict_type = number, 1 / rate, 0
                target.mux(stream.encode(picture))
                if still is None or number <= still:
                    luma = picture
            target.mux(stream.encode(None))
    except (av.FFmpegError, Mp4Error, IndexError) as error:
        raise DecodeError(str(error)) from error
    if luma is None:
        raise DecodeError("it has no frames")
    return Recoded(moov_first(output.getvalue()), luma.to_ndarray()[: luma.height])

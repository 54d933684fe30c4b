"""H.264 by libx264 through PyAV (extra `h264`): what browsers play."""

from __future__ import annotations

import io

import numpy as np

from vwd.errors import MissingExtraError
from vwd.text.storyboard import Storyboard
from vwd.video.frames import VIDEO_RANGE, play
from vwd.video.mp4 import moov_first
from vwd.video.spec import VideoSpec

try:
    import av
except ImportError as error:
    raise MissingExtraError("the h264 encoder", "h264") from error

# One thread: with more, libx264 spreads bits differently by the number of cores.
_OPTIONS = {"preset": "ultrafast", "crf": "20", "threads": "1"}


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

"""What is the same in every video of one spec and quantiser."""

from __future__ import annotations

from vwd.video.mpeg4.bits import pack
from vwd.video.mpeg4.headers import I_VOP, P_VOP, stream_header, vop_header
from vwd.video.mpeg4.macroblocks import KEYFRAME_QUANTISER_LIMIT
from vwd.video.mpeg4.vops import NOTHING, Grid, inter_picture
from vwd.video.spec import VideoSpec


class Stream:
    """The headers, one bit a byte, and the pictures that change nothing, packed."""

    def __init__(self, spec: VideoSpec, quantiser: int) -> None:
        self.spec = spec
        self.grid = Grid.of(spec)
        self.header = stream_header(spec)
        self.quantiser, self.keyframe_quantiser = quantiser, min(quantiser, KEYFRAME_QUANTISER_LIMIT)
        frames = range(spec.frames)
        self.i_headers = [vop_header(spec, frame, I_VOP, self.keyframe_quantiser) for frame in frames]
        self.p_headers = [vop_header(spec, frame, P_VOP, quantiser) for frame in frames]
        self.still = pack([header + inter_picture(NOTHING, self.grid) for header in self.p_headers])

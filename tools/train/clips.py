"""Generated videos as mp4 files to look at."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from torch import Tensor
from trainer import as_grey

from vwd.storage.atomic import atomic_write
from vwd.video.h264 import REPRODUCIBLE

Grey = npt.NDArray[np.uint8]

_FRAMES_PER_SECOND = 4
_ENLARGED = 4
_GAP = 8  # pixels; even, as H.264 requires


def write_comparison(path: Path, videos: Sequence[Tensor], temp: Path) -> None:
    """Videos side by side, enlarged, as H.264.

    Args:
        videos: each float [T, H, W], from -1 (black) to 1 (white).
        temp: a folder on the same file system for the unfinished file.
    """
    grey = [as_grey(video).numpy().repeat(_ENLARGED, 1).repeat(_ENLARGED, 2) for video in videos]
    gap = np.full((*grey[0].shape[:2], _GAP), 128, np.uint8)
    parts = [part for video in grey for part in (gap, video)][1:]
    write_clip(path, np.concatenate(parts, axis=2), temp, Fraction(_FRAMES_PER_SECOND))


def write_clip(path: Path, frames: Grey, temp: Path, rate: Fraction) -> None:
    """Frames as H.264, always with the same bytes.

    Args:
        frames: uint8 [T, H, W], with even sides.
        temp: a folder on the same file system for the unfinished file.
        rate: frames a second.
    """
    options = {"crf": "12", **REPRODUCIBLE}
    with atomic_write(path, temp) as file, av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.height, stream.width = frames.shape[1:]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        container.mux(stream.encode(None))

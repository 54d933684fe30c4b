"""The documented format: MPEG-4 Part 2 (`mp4v`) as `cv2.VideoWriter` writes it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np

from vwd.text.storyboard import Storyboard
from vwd.video.encoders import EncodeError
from vwd.video.frames import play
from vwd.video.mp4 import moov_first
from vwd.video.spec import VideoSpec


class OpenCvEncoder:
    """Writes through a temporary file, since `cv2.VideoWriter` knows no other output."""

    @property
    def identity(self) -> dict[str, str]:
        return {"name": "opencv", "opencv": cv2.__version__}

    @property
    def cache_counts(self) -> dict[str, tuple[int, int]]:
        return {}

    def encode(self, storyboard: Storyboard, spec: VideoSpec) -> bytes:
        with tempfile.TemporaryDirectory(prefix="vwd-") as folder:
            path = Path(folder) / "video.mp4"
            fourcc = cv2.VideoWriter.fourcc(*"mp4v")
            writer = cv2.VideoWriter(str(path), fourcc, float(spec.fps), (spec.width, spec.height))
            if not writer.isOpened():
                raise EncodeError(f"cv2.VideoWriter cannot write mp4v to {path}")
            canvas = np.empty((spec.height, spec.width, 3), np.uint8)
            for _ in play(storyboard, canvas):
                writer.write(canvas)
            writer.release()
            return moov_first(path.read_bytes())

"""The documented format: MPEG-4 Part 2 (`mp4v`) as `cv2.VideoWriter` writes it."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from vwd.errors import EncodeError
from vwd.storage.processes import has_ended, process_tag
from vwd.text.storyboard import Storyboard
from vwd.video.frames import play
from vwd.video.mp4 import Mp4Error, moov_first, with_rate
from vwd.video.spec import VideoSpec

_PREFIX = "vwd-"


class OpenCvEncoder:
    """Writes through a temporary file, since `cv2.VideoWriter` has no other output."""

    def __init__(self) -> None:
        _remove_stale()

    kernel = ""

    @property
    def identity(self) -> dict[str, str]:
        return {"name": "opencv", "opencv": cv2.__version__}

    @property
    def cache_counts(self) -> dict[str, tuple[int, int]]:
        return {}

    def encode(self, storyboard: Storyboard, spec: VideoSpec) -> bytes:
        """An mp4 of the storyboard (see `vwd.video.encoders.Encoder`)."""
        with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{process_tag()}.") as folder:
            path = Path(folder) / "video.mp4"
            fourcc = cv2.VideoWriter.fourcc(*"mp4v")
            writer = cv2.VideoWriter(str(path), fourcc, float(spec.fps), (spec.width, spec.height))
            if writer.isOpened():
                canvas = np.empty((spec.height, spec.width, 3), np.uint8)
                for _ in play(storyboard, canvas):
                    writer.write(canvas)
                writer.release()
            try:
                return moov_first(with_rate(path.read_bytes(), spec.fps))
            except (Mp4Error, FileNotFoundError) as error:
                raise EncodeError(
                    f"cv2.VideoWriter left no complete video in {Path(folder).parent}: {error}",
                    "Free some space there, set TMPDIR to another folder, or use `encoder` mpeg4.",
                ) from error


def _remove_stale() -> None:
    """Removes what killed workers left in the temporary folder."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        tag = folder.name.removeprefix(_PREFIX).rpartition(".")[0]
        with suppress(OSError):
            if has_ended(tag) and not folder.is_symlink() and folder.lstat().st_uid == os.getuid():
                shutil.rmtree(folder)

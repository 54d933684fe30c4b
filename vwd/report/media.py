"""The files beside the page: a video that browsers play and a poster for each sample, named by their content."""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from vwd.errors import DecodeError, MissingExtraError, ShardError
from vwd.preview.sheet import key_frames
from vwd.readback.files import VIDEO_ENDINGS, file_frames
from vwd.report.choose import ChosenSample
from vwd.storage.atomic import atomic_write
from vwd.storage.regular import open_regular
from vwd.text.storyboard import Storyboard

FOLDER = "media"
TEMP = f"{FOLDER}/.tmp"
# Raised when the same sample would give other media.
_VERSION = "2"
_OURS = re.compile(r"[A-Za-z0-9_%-]+\.[0-9a-f]{12}\.(mp4|webp)")


@dataclass(frozen=True)
class Media:
    """The media of a sample, relative to the page."""

    video: str
    poster: str


def write_media(chosen: ChosenSample, board: Storyboard, folder: Path) -> Media:
    """Writes a sample's media to `media/`, unless they are there from an earlier report.

    The video is that of the shard, decoded and encoded again; the poster is the frame of it that
    shows most words.

    Raises:
        MissingExtraError: PyAV is not installed.
        ShardError: the video of the shard is damaged.
    """
    name = f"{chosen.key}.{_digest(chosen.video)}"
    media = Media(f"{FOLDER}/{name}.mp4", f"{FOLDER}/{name}.webp")
    if not all((folder / path).is_file() for path in (media.video, media.poster)):
        from vwd.video.h264 import recode

        try:
            made = recode(chosen.video, fullest_frame(board))
        except DecodeError as error:
            raise ShardError(
                f"{chosen.shard}: {chosen.key}.mp4: {error.what}", "Run 'vwd verify', and pack the shard again."
            ) from error
        _write(folder / media.video, made.video)
        _write(folder / media.poster, _webp(_full_range(made.still)))
    return media


def fullest_frame(board: Storyboard) -> int:
    """The last frame of the page with most words; of the first one, where several have as many."""
    words = [sum(word.page == page for word in board.words) for page in range(board.pages)]
    turns = [*board.page_starts[1:], board.frames]
    fullest = turns[words.index(max(words))] - 1
    return max(frame for frame in key_frames(board) if frame <= fullest)


def write_failure(key: str, source: Path, folder: Path) -> str:
    """The last frame of a graded video or folder of PNG files, or a graded picture. "" where it cannot be read."""
    try:
        data = _webp(_last_picture(source))
    except (OSError, ValueError, DecodeError, UnidentifiedImageError):
        return ""
    path = f"{FOLDER}/{key}.{_digest(data)}.webp"
    if not (folder / path).is_file():
        _write(folder / path, data)
    return path


def remove_others(folder: Path, kept: Collection[str]) -> None:
    """Removes what earlier reports have written to `media/` and this one does not show; nothing else."""
    names = {Path(path).name for path in kept}
    for file in (folder / FOLDER).iterdir() if (folder / FOLDER).is_dir() else ():
        if _OURS.fullmatch(file.name) and file.name not in names:
            file.unlink()


def require_h264() -> None:
    """Fails before anything is written.

    Raises:
        MissingExtraError: PyAV is not installed.
    """
    try:
        import vwd.video.h264  # noqa: F401
    except MissingExtraError as error:
        raise MissingExtraError("a report, whose videos play in browsers,", "h264") from error


def _digest(data: bytes) -> str:
    return hashlib.sha256(_VERSION.encode() + data).hexdigest()[:12]


def _last_picture(source: Path) -> npt.NDArray[np.uint8]:
    """In grey from what `vwd grade` reads, else as it is."""
    if source.is_dir() or source.suffix.lower() in VIDEO_ENDINGS:
        (last,) = deque(file_frames(source), maxlen=1)
        return last
    with os.fdopen(open_regular(source), "rb") as file, Image.open(file) as picture:
        picture.seek(getattr(picture, "n_frames", 1) - 1)
        return np.array(picture.convert("RGB"), np.uint8)


def _full_range(luma: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """From the video range of BT.601, 16 to 235."""
    full: npt.NDArray[np.uint8] = np.clip(np.rint((luma.astype(np.float32) - 16) * (255 / 219)), 0, 255).astype(
        np.uint8
    )
    return full


def _webp(picture: npt.NDArray[np.uint8]) -> bytes:
    data = io.BytesIO()
    Image.fromarray(picture).convert("RGB").save(data, "WEBP", quality=60, method=4)
    return data.getvalue()


def _write(path: Path, data: bytes) -> None:
    with atomic_write(path, path.parent / ".tmp", sync_parent=False) as file:
        file.write(data)

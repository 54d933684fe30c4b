"""Animations of a sample: GIF and WebP, whose frames last as long as nothing changes, and mp4."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise

from PIL import Image

from vwd.errors import MissingExtraError, UsageError
from vwd.limits import LARGEST_CLIP_BYTES
from vwd.preview.sample import Previewed
from vwd.preview.sheet import draw_frames
from vwd.video.encoders import get_encoder

KINDS = ("gif", "webp", "mp4")
# Milliseconds of a picture in a GIF, which counts hundredths of a second in 16 bits: eleven minutes.
_GIF_PAUSE = 655_350
# What a picture takes while it waits to be written, as colours.
_PIXEL_BYTES = 3


def animation(sample: Previewed, kind: str, boxes: bool = False) -> bytes:
    """A file of this kind. As mp4 it is what `vwd pack` writes, by h264 where the extra of that name is installed.

    Args:
        kind: one of `KINDS`.
        boxes: mark each word; not in an mp4.

    Raises:
        UsageError: all pictures of a GIF or WebP together are too large.
    """
    if kind == "mp4":
        try:
            return get_encoder("h264").encode(sample.storyboard, sample.spec)
        except MissingExtraError:
            return get_encoder("mpeg4").encode(sample.storyboard, sample.spec)
    board = sample.storyboard
    changes = sorted({0, *board.page_starts, *(word.frame for word in board.words)})
    if len(changes) * board.height * board.width * _PIXEL_BYTES > LARGEST_CLIP_BYTES:
        raise UsageError(
            f"{len(changes):,} pictures of {board.width}x{board.height} are too many for a `{kind}`",
            "Give `mp4`, which is written frame by frame.",
        )
    drawn = draw_frames(board, tuple(changes), boxes)
    # The places of the changes in time, rounded there, so that no error adds up.
    times = [round(frame * 1000 / float(sample.fps)) for frame in (*changes, board.frames)]
    # A picture shares its array's memory.
    pictures = [Image.fromarray(drawn.pop(frame)) for frame in changes]
    durations = [stop - start for start, stop in pairwise(times)]
    file = BytesIO()
    if kind == "gif":  # counts in hundredths of a second, and shows what is shorter slowly
        pictures = [picture.quantize(64, dither=Image.Dither.NONE) for picture in pictures]
        durations = [min(max(20, duration), _GIF_PAUSE) for duration in durations]
    pictures[0].save(
        file, kind, save_all=True, append_images=pictures[1:], duration=durations, loop=0,
        **({"lossless": True, "quality": 80, "method": 2} if kind == "webp" else {}),
    )  # fmt: skip
    return file.getvalue()

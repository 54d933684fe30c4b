"""Reads videos of real rows back, as encoded and disturbed, and compares them with their storyboards.

    python tools/bench/readback.py --rows FILE... --num-samples N

Right: words (in Chinese: characters) that are read as they stand in the storyboard, in order; extra: those that
are read and do not stand there. CPU time of one thread, without decoding: of a page, and of all frames of a video.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import gc
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from rows import storyboards

from vwd.grade.distance import aligned
from vwd.grade.tokens import expected_tokens, found_tokens
from vwd.readback import Reading, read_frames
from vwd.readback.files import video_frames
from vwd.text.spec import PageSpec
from vwd.text.storyboard import Storyboard
from vwd.video.encoders import ENCODERS, get_encoder
from vwd.video.h264 import REPRODUCIBLE
from vwd.video.spec import VideoSpec

Frames = npt.NDArray[np.uint8]
_RANDOM = np.random.default_rng(0)
_UNCOUNTED = 3


def sized(width: int, height: int) -> Callable[[Frames], Frames]:
    def scale(frames: Frames) -> Frames:
        method = cv2.INTER_AREA if width <= 640 and height <= 360 else cv2.INTER_CUBIC
        return np.stack([cv2.resize(frame, (width, height), interpolation=method) for frame in frames])

    return scale


def noisy(frames: Frames) -> Frames:
    return np.stack([np.clip(f + _RANDOM.normal(0, 20, f.shape), 0, 255).astype(np.uint8) for f in frames])


def blurred(frames: Frames) -> Frames:
    return np.stack([cv2.GaussianBlur(frame, (0, 0), 1.0) for frame in frames])


def moved(frames: Frames) -> Frames:
    shift = np.array([[1, 0, 5], [0, 1, -3]], np.float32)
    return np.stack([cv2.warpAffine(frame, shift, (640, 360), borderValue=255) for frame in frames])


def zoomed(scale: float) -> Callable[[Frames], Frames]:
    """The page larger or smaller, within pictures of the same size."""
    shift = np.array([[scale, 0, 320 * (1 - scale)], [0, scale, 180 * (1 - scale)]], np.float32)
    return lambda frames: np.stack([cv2.warpAffine(frame, shift, (640, 360), borderValue=255) for frame in frames])


def coarse(frames: Frames) -> Frames:
    """Half size, through h264 at crf 30."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(193, 10), options={"crf": "30", **REPRODUCIBLE})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for frame in sized(320, 180)(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray").reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return np.stack(list(video_frames(out.getvalue())))


DISTURBANCES: dict[str, Callable[[Frames], Frames]] = {
    "320x180": sized(320, 180),
    "1280x720": sized(1280, 720),
    "480x480": sized(480, 480),
    "noise σ 20": noisy,
    "blur 1 px": blurred,
    "noise and blur": lambda frames: noisy(blurred(frames)),
    "moved 5, -3 px": moved,
    "page at 90%": zoomed(0.9),
    "page at 101%": zoomed(1.01),
    "pale on grey": lambda frames: frames // 5 * 3 + 70,
    "320x180, h264 crf 30": coarse,
}


@dataclass
class Totals:
    """One row of the table."""

    expected: int = 0
    right: int = 0
    extra: int = 0
    on_time: int = 0
    pages: int = 0
    videos: int = 0
    page_seconds: float = 0.0
    seconds: float = 0.0

    def add(self, board: Storyboard, frames: Frames) -> None:
        page = PageSpec(board.width, board.height, board.font_size).for_language(board.language)
        started = time.process_time()
        reading = read_frames(frames, board.language, page)
        self.seconds += time.process_time() - started
        lasts = [start - 1 for start in (*board.page_starts[1:], board.frames)]
        started = time.process_time()
        read_frames(frames[lasts], board.language, page)
        self.page_seconds += time.process_time() - started
        self.pages += len(lasts)
        self.videos += 1
        self._compare(board, reading)

    def _compare(self, board: Storyboard, reading: Reading) -> None:
        want, have = expected_tokens(board), found_tokens(reading, board.language)
        pairs = aligned([token.text for token in have], [token.text for token in want])
        self.expected += len(want)
        self.right += len(pairs)
        self.extra += len(have) - len(pairs)
        self.on_time += sum(have[i].frame == want[j].frame for i, j in pairs)

    def row(self, *names: str) -> str:
        return (
            f"| {' | '.join(names)} | {self.expected:,} | {100 * self.right / self.expected:.2f}% | {self.extra} "
            f"| {100 * self.on_time / max(1, self.right):.2f}% | {1000 * self.page_seconds / self.pages:.1f} "
            f"| {1000 * self.seconds / self.videos:.0f} |"
        )


def measure(
    boards: list[Storyboard], encoder: str, disturb: Callable[[Frames], Frames] = lambda frames: frames
) -> Totals:
    """Encodes, decodes, disturbs and reads storyboards; the first ones once more, uncounted, as they load templates."""
    encode = get_encoder(encoder).encode

    def read(some: list[Storyboard]) -> Totals:
        totals = Totals()
        for board in some:
            totals.add(board, disturb(np.stack(list(video_frames(encode(board, VideoSpec()))))))
        return totals

    read(boards[:_UNCOUNTED])
    gc.collect()
    gc.freeze()  # as worker processes do: else a video in a hundred waits while all that is loaded is looked through
    return read(boards)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, nargs="+", required=True)
    parser.add_argument("--num-samples", type=int, default=100, help="of each corpus, for each encoder")
    parser.add_argument("--disturbed-samples", type=int, default=10, help="of each corpus, for each disturbance")
    options = parser.parse_args()
    cv2.setNumThreads(0)
    print("| corpus | encoder | disturbance | words | right | extra | on time | ms a page | ms a video |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for path in options.rows:
        boards = storyboards(path, options.num_samples, VideoSpec())
        for encoder in ENCODERS:
            print(measure(boards, encoder).row(path.stem, encoder, "none"), flush=True)
        few = boards[: options.disturbed_samples]
        for name, disturb in DISTURBANCES.items() if few else ():
            print(measure(few, "mpeg4", disturb).row(path.stem, "mpeg4", name), flush=True)


if __name__ == "__main__":
    main()

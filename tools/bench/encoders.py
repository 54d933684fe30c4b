"""Compares the encoders, which run in turn in one process pinned to one core.

    python tools/bench/encoders.py --rows FILE --num-samples N

Measures CPU time, because machines are noisy; quote the ratios.
"""

from __future__ import annotations

import argparse
import io
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from redraw import RedrawEncoder
from rows import storyboards

from vwd.text.storyboard import Storyboard
from vwd.video.encoders import ENCODERS, get_encoder
from vwd.video.frames import VIDEO_RANGE, play
from vwd.video.spec import VideoSpec

_ROUND = 10
# Decoding and comparing takes longer than some encoders do, so only every 25th video is checked.
_PSNR_EVERY = 25


@dataclass
class Totals:
    """One encoder's totals over all samples."""

    name: str
    encode: Callable[[Storyboard, VideoSpec], bytes]
    videos: int = 0
    cpu: float = 0.0
    size: int = 0
    squared_errors: list[float] = field(default_factory=list)

    def run(self, boards: list[Storyboard], spec: VideoSpec) -> None:
        for board in boards:
            started = time.process_time()
            video = self.encode(board, spec)
            self.cpu += time.process_time() - started
            self.size += len(video)
            if self.videos % _PSNR_EVERY == 0:
                self.squared_errors += luma_errors(video, board)
            self.videos += 1

    @property
    def rate(self) -> float:
        return self.videos / self.cpu

    @property
    def psnr(self) -> tuple[float, float]:
        """PSNR of the mean squared error over all frames, and of the worst frame."""
        errors = np.array(self.squared_errors)
        return _db(float(errors.mean())), _db(float(errors.max()))


def luma_errors(video: bytes, board: Storyboard) -> list[float]:
    """The mean squared error of each decoded frame's luma, compared with the storyboard's frame."""
    canvas = np.empty((board.height, board.width), np.uint8)
    expected = play(board, canvas, VIDEO_RANGE)
    errors = []
    with av.open(io.BytesIO(video)) as container:
        for frame, _ in zip(container.decode(video=0), expected, strict=True):
            luma = frame.to_ndarray()  # yuv420p: the luma plane comes first
            difference = luma[: board.height].astype(np.int32) - canvas
            errors.append(float((difference * difference).mean()))
    return errors


def _db(mean_squared_error: float) -> float:
    return float(10 * np.log10(255**2 / max(mean_squared_error, 1e-9)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--num-samples", type=int, default=100)
    parser.add_argument("--baseline-samples", type=int, help="samples for all encoders but mpeg4 (default: all)")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    spec = VideoSpec()
    boards = storyboards(options.rows, options.num_samples, spec)
    contenders = [Totals("redraw + cv2", RedrawEncoder().encode)]
    contenders += [Totals(name, get_encoder(name).encode) for name in ENCODERS]
    slow_limit = options.baseline_samples or len(boards)
    for first in range(0, len(boards), _ROUND):
        for totals in contenders:
            if totals.name == "mpeg4" or first < slow_limit:
                totals.run(boards[first : first + _ROUND], spec)
    print(f"{len(boards)} samples of {options.rows.name}, {spec.frames} frames of {spec.width}x{spec.height}\n")
    print("| encoder | CPU ms a video | samples/CPU s | KB a video | PSNR mean, worst (dB) | times the baseline |")
    print("|---|---|---|---|---|---|")
    for totals in contenders:
        mean, worst = totals.psnr
        print(
            f"| {totals.name} | {1000 / totals.rate:.1f} | {totals.rate:.1f} "
            f"| {totals.size / totals.videos / 1000:.0f} | {mean:.1f}, {worst:.1f} "
            f"| {totals.rate / contenders[0].rate:.1f} |"
        )


if __name__ == "__main__":
    main()

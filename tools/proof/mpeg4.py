"""Verifies the `mpeg4` encoder on many rows with independent decoders.

    python tools/proof/mpeg4.py --rows FILE --num-samples N [--xvid LIBRARY]

Every video is decoded by PyAV, OpenCV and, if installed, Xvid. Prints a line for each violation, then one table; exits
with 1 if there was a violation.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np
import numpy.typing as npt

sys.path.extend(str(Path(__file__).resolve().parents[2] / folder) for folder in ("", "tools/bench"))

from rows import storyboards

from tools.proof.xvid import XvidError, find_library
from tools.proof.xvid import decode as xvid_luma
from vwd.text.storyboard import Box, Storyboard
from vwd.video.encoders import get_encoder
from vwd.video.frames import VIDEO_RANGE, play
from vwd.video.spec import VideoSpec

Luma = npt.NDArray[np.uint8]

WHITE, BLACK = int(VIDEO_RANGE[0]), int(VIDEO_RANGE[-1])
# What the encoder guarantees.
LEAST_MEAN_DB, LEAST_WORST_DB, MOST_DIFFERENCE = 46.0, 42.0, 2
# Luma 25 is 10 of 255 in RGB, 26 is 12 (BT.601).
LIGHTEST_INK = 25


class Picture(NamedTuple):
    """A decoded frame: its time in seconds, and its luma, uint8 [height, width]."""

    time: Fraction
    luma: Luma


def pyav_pictures(video: bytes) -> Iterator[Picture]:
    """The frames as PyAV decodes them; errors in the bitstream are raised, not concealed."""
    with av.open(io.BytesIO(video)) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"err_detect": "explode"}
        for frame in container.decode(stream):
            plane = frame.planes[0]
            luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
            yield Picture(frame.pts * frame.time_base, luma)


def opencv_luma(path: Path) -> Iterator[Luma]:
    """The frames as OpenCV decodes them: luma recovered from grey BGR, so only between black and white."""
    levels = np.rint(BLACK + np.arange(256) * ((WHITE - BLACK) / 255)).astype(np.uint8)
    capture = cv2.VideoCapture(str(path))
    try:
        while (read := capture.read())[0]:
            yield levels[read[1][:, :, 1]]
    finally:
        capture.release()


def difference(one: Luma, other: Luma) -> int:
    """The largest difference between two decoded pictures, after clipping to the range from black to white."""
    return int(cv2.absdiff(one.clip(BLACK, WHITE), other.clip(BLACK, WHITE)).max())


def db(mean_squared_error: float) -> float:
    """The peak signal-to-noise ratio of a mean squared error."""
    return float(10 * np.log10(255**2 / max(mean_squared_error, 1e-9)))


def boxes_by_frame(board: Storyboard) -> dict[int, list[Box]]:
    """Where each frame adds ink to the previous one, or to a white page where a page starts."""
    boxes: dict[int, list[Box]] = {}
    for _, frame, _, box, _ in board.words:
        boxes.setdefault(frame, []).append(box)
    if board.separator.height:
        boxes.setdefault(board.page_starts[board.separator_page], []).append(board.separator)
    return boxes


def strays(luma: Luma, previous: Luma, boxes: list[Box]) -> int:
    """How many samples changed outside the 16x16 macroblocks that these boxes touch."""
    changed = luma != previous
    for x, y, width, height in boxes:
        changed[y // 16 * 16 : -(-(y + height) // 16) * 16, x // 16 * 16 : -(-(x + width) // 16) * 16] = False
    return int(np.count_nonzero(changed))


@dataclass
class Proof:
    """The results of decoding one or more videos."""

    rows: int = 0
    size: int = 0
    squared_errors: list[float] = field(default_factory=list)
    strays: int = 0
    lightest_ink: int = 0
    differences: dict[str, int] = field(default_factory=dict)

    def __iadd__(self, other: Proof) -> Proof:
        self.rows, self.size, self.strays = self.rows + 1, self.size + other.size, self.strays + other.strays
        self.squared_errors += other.squared_errors
        self.lightest_ink = max(self.lightest_ink, other.lightest_ink)
        for name, largest in other.differences.items():
            self.differences[name] = max(largest, self.differences.get(name, 0))
        return self

    @property
    def decibels(self) -> tuple[float, float]:
        """PSNR of the mean squared error over all frames, and of the worst frame."""
        return db(float(np.mean(self.squared_errors))), db(max(self.squared_errors))

    @property
    def violations(self) -> list[str]:
        found = [f"{name} differs by {most}" for name, most in self.differences.items() if most > MOST_DIFFERENCE]
        if self.decibels[1] < LEAST_WORST_DB:
            found.append(f"a frame with {self.decibels[1]:.1f} dB")
        if self.lightest_ink > LIGHTEST_INK:
            found.append(f"ink that decodes to luma {self.lightest_ink}")
        if self.strays:
            found.append(f"{self.strays} samples changed outside the words' macroblocks")
        return found


def prove(video: bytes, board: Storyboard, spec: VideoSpec, library: str | None = None) -> Proof:
    """Decodes one video and compares it with its storyboard frame by frame.

    Args:
        library: path of Xvid's library; None skips this decoder.

    Raises:
        ValueError: the number of frames, or the time of one, is wrong.
    """
    proof = Proof(1, len(video))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        path.write_bytes(video)
        others = {"OpenCV": opencv_luma(path)}
        if library:
            others["Xvid"] = xvid_luma(video, library)
        for picture, *rest in zip(checked(video, board, spec, proof), *others.values(), strict=True):
            for name, luma in zip(others, rest, strict=True):
                proof.differences[name] = max(difference(picture, luma), proof.differences.get(name, 0))
    return proof


def checked(video: bytes, board: Storyboard, spec: VideoSpec, proof: Proof) -> Iterator[Luma]:
    """Yields the frames as PyAV decodes them; compares each with the storyboard's frame and with the previous one."""
    canvas = np.empty((board.height, board.width), np.uint8)
    white = np.full_like(canvas, WHITE)
    starts, boxes = set(board.page_starts), boxes_by_frame(board)
    previous = white
    pairs = zip(pyav_pictures(video), play(board, canvas, VIDEO_RANGE), strict=True)
    for frame, ((time, luma), _) in enumerate(pairs):
        if time != frame / spec.fps:
            raise ValueError(f"frame {frame} is shown at {time} s")
        proof.squared_errors.append(float(cv2.norm(luma, canvas, cv2.NORM_L2SQR)) / luma.size)
        proof.strays += strays(luma, white if frame in starts else previous, boxes.get(frame, []))
        proof.lightest_ink = max(proof.lightest_ink, int(luma[canvas == BLACK].max(initial=0)))
        previous = luma
        yield luma


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--num-samples", type=int, default=100)
    parser.add_argument("--xvid", default=find_library(), help="libxvidcore.so.4, if the system does not find it")
    options = parser.parse_args()

    spec, total, violations = VideoSpec(), Proof(), 0
    encode = get_encoder("mpeg4").encode
    for number, board in enumerate(storyboards(options.rows, options.num_samples, spec)):
        try:
            result = prove(encode(board, spec), board, spec, options.xvid)
        except (ValueError, XvidError, av.FFmpegError) as error:
            print(f"storyboard {number}: {error}")
            violations += 1
            continue
        total += result
        violations += len(result.violations)
        print(*(f"storyboard {number}: {violation}\n" for violation in result.violations), sep="", end="")
    if not total.rows:
        sys.exit("no video could be verified")
    mean, worst = total.decibels
    print("| rows | frames | PSNR mean, worst (dB) | decoders differ by at most | lightest ink | strays | KB a video |")
    print("|---|---|---|---|---|---|---|")
    decoders = ", ".join(f"{name} {largest}" for name, largest in total.differences.items())
    print(
        f"| {total.rows} of {options.rows.name} | {len(total.squared_errors)} | {mean:.1f}, {worst:.1f} "
        f"| {decoders} | {total.lightest_ink} | {total.strays} | {total.size / total.rows / 1000:.0f} |"
    )
    sys.exit(1 if violations or mean < LEAST_MEAN_DB else 0)


if __name__ == "__main__":
    main()

"""Ten made videos, as folders of real ones have them: whole, cut, broken, and oddly named."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np

NTSC = Fraction(30000, 1001)
QUOTED = '他说 "hi", ok.mp4'
# What each scene looks like: its colour, and a square that moves.
_COLOURS = ((200, 40, 40), (30, 60, 220), (40, 190, 60), (230, 220, 40))


def write_video(
    path: Path, scenes: list[int], fps: Fraction = Fraction(30), size: tuple[int, int] = (160, 90), sound: bool = False,
    moov_first: bool = False, begin: int = 0,
) -> Path:  # fmt: skip
    """A video of some scenes, by their lengths in frames. Sound clicks once a second, at whole seconds.

    Args:
        begin: the second at which the file's clock begins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"movflags": "faststart"} if moov_first else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264", rate=fps, options={"bf": "0", "g": "12"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        audio = container.add_stream("aac", rate=48000, layout="stereo") if sound else None
        number = 0
        for scene, length in enumerate(scenes):
            for _ in range(length):
                frame = av.VideoFrame.from_ndarray(picture(scene, number, size), "rgb24")
                frame.pts, frame.time_base = number + round(begin * fps), 1 / fps
                container.mux(stream.encode(frame))
                number += 1
        if audio:
            samples = clicks(round(number / fps * 48000))
            for start in range(0, samples.shape[1], 1024):
                piece = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(samples[:, start : start + 1024]), "fltp", "stereo"
                )
                piece.sample_rate, piece.pts, piece.time_base = 48000, start + begin * 48000, Fraction(1, 48000)
                container.mux(audio.encode(piece))
            container.mux(audio.encode(None))
        container.mux(stream.encode(None))
    return path


def picture(scene: int, number: int, size: tuple[int, int]) -> np.ndarray:
    """A frame: (height, width, 3)."""
    frame = np.zeros((size[1], size[0], 3), np.uint8)
    frame[:] = _COLOURS[scene % len(_COLOURS)]
    left = 4 + number % 40
    frame[10:30, left : left + 20] = 255
    return frame


def clicks(length: int) -> np.ndarray:
    """Silence with a short burst at every whole second: (2, samples)."""
    samples = np.zeros((2, length), np.float32)
    for second in range(0, length, 48000):
        samples[:, second : second + 480] = 0.8 * np.sin(np.arange(480) / 4)[: min(480, length - second)]
    return samples


def make_videos(root: Path, size: tuple[int, int] = (160, 90)) -> Path:
    """The ten, in their folder."""
    write = partial(write_video, size=size)
    write(root / "a_cut.mp4", [75, 75], sound=True)
    write(root / "nested" / "a_cut.mp4", [40, 60])
    write(root / "UPPER.MP4", [30])
    write(root / "ntsc.mkv", [40, 60, 50], NTSC)
    write(root / QUOTED, [39], Fraction(193, 10))
    whole = write(root / "cut_data.mp4", [120], moov_first=True).read_bytes()
    (root / "cut_data.mp4").write_bytes(whole[: len(whole) * 6 // 10])
    whole = write(root / "cut_index.mp4", [60]).read_bytes()
    (root / "cut_index.mp4").write_bytes(whole[: len(whole) * 9 // 10 - 2000])
    (root / "empty.mp4").write_bytes(b"")
    (root / "text.avi").write_text("no video\n")
    write(root / "one_frame.mov", [1])
    return root


def counted(path: Path) -> int:
    """How many frames decode."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))

"""Draws some frames of generated videos, a video a row: python tools/train/picture.py VIDEO.mp4 … --out samples.png"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from vwd.readback.files import file_frames

_GAP = 4
_GREY = 160


def draw(videos: list[Path], count: int) -> Image.Image:
    """Frames of each video, evenly spaced from the first to the last."""
    rows = []
    for video in videos:
        frames = list(file_frames(video))
        chosen = [frames[round(place)] for place in np.linspace(0, len(frames) - 1, count)]
        rows.append(np.hstack([np.pad(frame, _GAP, constant_values=_GREY) for frame in chosen]))
    return Image.fromarray(np.vstack(rows))


def main() -> None:
    parser = argparse.ArgumentParser(prog="picture.py", description=__doc__)
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=4, help="of each video  [default: 4]")
    parser.add_argument("--out", type=Path, required=True, help="a PNG file")
    options = parser.parse_args()
    draw(options.videos, options.frames).save(options.out, optimize=True)


if __name__ == "__main__":
    main()

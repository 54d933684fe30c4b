"""Decodes every video with decord, from the bytes of its tar member.

python tools/consumers/decord.py OUT [--env DIR]
"""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

sys.path.pop(0)  # this folder: its files have the same names as the packages they import
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.consumers.environment import Consumer, Findings, run
from tools.consumers.output import MismatchError, Output, check_pictures, pictures_line


def check(output: Output) -> Findings:
    """The frame rate and every frame of every video."""
    import decord

    count = 0
    for tar in output.tars:
        with tarfile.open(tar) as opened:
            for info in opened:
                key, _, ending = info.name.partition(".")
                if ending != "mp4":
                    continue
                video = decord.VideoReader(opened.extractfile(info), num_threads=1)
                if abs(video.get_avg_fps() - float(output.fps)) > 1e-6:
                    raise MismatchError(f"{key}: {video.get_avg_fps()} frames a second, not {float(output.fps)}")
                check_pictures(key, video.get_batch(range(len(video))).asnumpy(), output)
                count += 1
    if count != len(output.samples):
        raise MismatchError(f"{count} videos of {len(output.samples)}")
    yield "decoded", pictures_line(count, output)


if __name__ == "__main__":
    sys.exit(run(Consumer(("decord==0.6.0", "numpy>=1.24"), None, check), __file__))

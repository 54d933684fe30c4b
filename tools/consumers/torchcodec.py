"""Decodes every video with torchcodec, through the `Video` feature of `datasets`, which streams the folder by its card.

    python tools/consumers/torchcodec.py OUT [--env DIR]

torchcodec uses the FFmpeg libraries of the system.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.pop(0)  # this folder: its files have the same names as the packages they import
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.consumers.environment import Consumer, Findings, run
from tools.consumers.output import MismatchError, Output, check_pictures, pictures_line

# The last torchcodec whose wheel does not need CUDA's libraries, and the torch that it is built for.
PACKAGES = ("torchcodec==0.13.0", "torch==2.13.0", "datasets>=5,<6", "numpy>=1.24")


def check(output: Output) -> Findings:
    """The frame rate, every frame and the prompt of every sample."""
    import datasets

    count = 0
    for sample in datasets.load_dataset(str(output.folder), split="train", streaming=True):
        key, video = sample["__key__"], sample["mp4"]
        if abs(video.metadata.average_fps - float(output.fps)) > 1e-6:
            raise MismatchError(f"{key}: {video.metadata.average_fps} frames a second, not {float(output.fps)}")
        check_pictures(key, video[:].permute(0, 2, 3, 1).numpy(), output)
        if sample["inference.json"]["prompt"] != output.samples[key].prompts["inference"]:
            raise MismatchError(f"{key}: the prompt differs")
        count += 1
    if count != len(output.samples):
        raise MismatchError(f"{count} videos of {len(output.samples)}")
    yield "decoded", pictures_line(count, output)


if __name__ == "__main__":
    sys.exit(run(Consumer(PACKAGES, ("--hf", "README.md"), check), __file__))

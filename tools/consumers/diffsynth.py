"""Reads an export with DiffSynth-Studio's own dataset class, as its training of Wan does.

vwd export OUT --for diffsynth
python tools/consumers/diffsynth.py OUT [--export DIR] [--env DIR]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.pop(0)  # this folder: its files have the same names as the packages they import
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.consumers.environment import Consumer, Findings, run
from tools.consumers.output import MismatchError, Output, Seen, check_pictures, compare, pictures_line

PACKAGES = ("diffsynth==2.1.12", "torch==2.14.1", "torchvision==0.29.1")


def check(output: Output) -> Findings:
    """Every caption and video of each task, decoded; and the options of its trainer's command line."""
    for task, folder in output.exports.items():
        yield task, compare(_seen(output, folder), output, task)
    yield "decoded", pictures_line(len(output.samples), output)
    yield "options", _options(output)


def _seen(output: Output, folder: Path) -> Iterator[Seen]:
    """The samples of `UnifiedDataset`, with the operators of examples/wanvideo/model_training/train.py."""
    import numpy as np
    from diffsynth.core import UnifiedDataset

    rows = UnifiedDataset(
        base_path=str(folder), metadata_path=str(folder / "metadata.json"), data_file_keys=("image", "video"),
        main_data_operator=UnifiedDataset.default_video_operator(
            base_path=str(folder), height=output.height, width=output.width, num_frames=output.frames
        ),
    )  # fmt: skip
    for n in range(len(rows)):
        sample, video = rows[n], folder / rows.data[n]["video"]
        check_pictures(video.stem, np.stack([np.array(picture) for picture in sample["video"]]), output)
        yield Seen(video.stem, sample["prompt"], video.read_bytes())


def _options(output: Output) -> str:
    """The third line of docs/trainers.md, as far as the dataset is concerned, parsed by DiffSynth's own parser."""
    import argparse

    from diffsynth.diffusion.parsers import add_dataset_base_config, add_video_size_config

    parser = add_video_size_config(add_dataset_base_config(argparse.ArgumentParser(exit_on_error=False)))
    folder = next(iter(output.exports.values()))
    options = {
        "dataset_base_path": str(folder), "dataset_metadata_path": str(folder / "metadata.json"),
        "height": output.height, "width": output.width, "num_frames": output.frames,
    }  # fmt: skip
    parsed = vars(parser.parse_args([f"--{name}={value}" for name, value in options.items()]))
    if {name: parsed[name] for name in options} != options:
        raise MismatchError(f"its parser takes the options for {parsed}")
    return " ".join(f"--{name}" for name in options)


if __name__ == "__main__":
    sys.exit(run(Consumer(PACKAGES, None, check, layout="diffsynth"), __file__))

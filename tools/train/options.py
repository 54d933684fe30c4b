"""The trainer's command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from model import Shape
from settings import Settings

from vwd.errors import UsageError


def parse(about: str | None) -> argparse.Namespace:
    """The command line.

    Args:
        about: what the program is for.
    """
    parser = argparse.ArgumentParser(
        prog="train.py", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def option(name: str, kind: Any, default: Any, text: str, **more: Any) -> None:
        shown = "" if default is None else f"  [default: {default}]"
        parser.add_argument(name, type=kind, default=default, help=text + shown, **more)

    parser.add_argument(
        "output", type=Path, metavar="OUT", help="one dataset's folder of shards, as 'vwd pack' makes it"
    )
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of checkpoints, metrics and samples")
    option(
        "--resume", str, None, "'auto' for the newest checkpoint, if any, or a checkpoint's file", metavar="auto|FILE"
    )
    option("--steps", positive, 400, "steps in all, with those before a resume")
    option("--batch-size", positive, 8, "samples a step, over all ranks")
    option("--task", str, "inference", "which prompt: inference or rendering", choices=("inference", "rendering"))
    option("--source", str, "video", "decode the videos, or draw their storyboards", choices=("video", "storyboard"))
    option("--frames", positive, 16, "frames of a video, evenly chosen; a multiple of 4")
    option("--size", size_of, "48x80", "height x width of a frame, multiples of 8", metavar="HxW")
    option("--text-bytes", positive, 256, "bytes of a prompt; longer ones are cut")
    option("--dim", positive, 128, "channels of a patch")
    option("--depth", positive, 4, "blocks of the model")
    option("--learning-rate", float, 1e-3, "of AdamW, after 20 steps of warm-up")
    option("--seed", int, 0, "of the model, the order of the samples and the noise")
    option("--checkpoint-every", positive, 100, "steps between checkpoints")
    option("--keep", positive, 2, "checkpoints that stay")
    option(
        "--sample-every", whole, 0, "steps between mp4 files of a video and what the model makes of its prompt; 0: none"
    )
    option("--sample-steps", positive, 20, "steps from noise to such a video")
    option("--num-workers", whole, 1, "loader processes of each rank")
    option("--device", str, "auto", "cpu, cuda, or auto: cuda where there is one", choices=("auto", "cpu", "cuda"))
    option("--threads", positive, None, "threads of each rank; all its share of the cores if not given")
    parser.add_argument("--log-keys", action="store_true", help="name each step's samples in its line")
    return parser.parse_args()


def settings_of(options: argparse.Namespace) -> Settings:
    height, width = options.size
    try:
        shape = Shape(options.frames, height, width, options.text_bytes, options.dim, options.depth)
    except ValueError as error:
        raise UsageError(str(error), "See --help.") from error
    return Settings(shape, options.task, options.source, options.batch_size, options.learning_rate, options.seed)


def size_of(text: str) -> tuple[int, int]:
    height, cross, width = text.partition("x")
    if not cross:
        raise argparse.ArgumentTypeError(f"{text} is not of the form 48x80")
    return positive(height), positive(width)


def whole(text: str) -> int:
    return _at_least(0, text)


def positive(text: str) -> int:
    return _at_least(1, text)


def _at_least(least: int, text: str) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from {least} on")
    return int(text)

"""The trainer's command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from model import Shape
from settings import Settings

from vwd.errors import UsageError


def parse(about: str | None) -> argparse.Namespace:
    """Parses the command line. `about` is the description for --help."""
    parser = argparse.ArgumentParser(
        prog="train.py", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def option(name: str, kind: Any, default: Any, text: str, **more: Any) -> None:
        shown = "" if default is None else f"  [default: {default}]"
        parser.add_argument(name, type=kind, default=default, help=text + shown, **more)

    parser.add_argument("output", type=Path, metavar="OUT", help="one dataset's folder in an output of 'vwd pack'")
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder for checkpoints, metrics and samples")
    option("--resume", str, None, "'auto' for the newest checkpoint, if any, or the path of one", metavar="auto|FILE")
    option("--steps", positive, 400, "total steps, including those before resuming")
    option("--batch-size", positive, 8, "samples per step, over all ranks")
    option("--task", str, "inference", "which prompts: inference or rendering", choices=("inference", "rendering"))
    option("--source", str, "video", "decode the videos, or draw their storyboards", choices=("video", "storyboard"))
    option("--frames", positive, 16, "frames of a video, evenly spaced; a multiple of 4")
    option("--size", size_of, "48x80", "height x width of a frame, multiples of 8", metavar="HxW")
    option("--text-bytes", positive, 256, "bytes of a prompt; longer prompts are truncated")
    option("--dim", positive, 128, "channels of a patch")
    option("--depth", positive, 4, "blocks of the model")
    option("--learning-rate", float, 1e-3, "for AdamW, after 20 warm-up steps")
    option("--seed", int, 0, "for the model, the order of samples and the noise")
    option("--checkpoint-every", positive, 100, "steps between checkpoints")
    option("--keep", positive, 2, "checkpoints to keep")
    option("--sample-every", non_negative, 0, "steps between mp4 files of a video next to a generated one; 0: none")
    option("--sample-steps", positive, 20, "steps from noise to a generated video")
    option("--num-workers", non_negative, 1, "loader processes per rank")
    option("--device", str, "auto", "cpu, cuda, or auto: cuda if available", choices=("auto", "cpu", "cuda"))
    option("--threads", positive, None, "threads per rank; by default its share of the cores")
    parser.add_argument("--log-keys", action="store_true", help="add the keys of each step's samples to its line")
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


def non_negative(text: str) -> int:
    return _at_least(0, text)


def positive(text: str) -> int:
    return _at_least(1, text)


def _at_least(least: int, text: str) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least {least}")
    return int(text)

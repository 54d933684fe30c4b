"""Prints what checkpoints have learnt, as a table: the words that are read, and the answers that are right.

    python tools/train/table.py --checkpoint DIR/step-*.pt --against OUT/held_out --output-dir videos

Each checkpoint makes a video of each prompt of its task ('rendering': the words are in the prompt; 'inference': they
are not), and these are graded as 'vwd grade' does. Videos that are there already are not made again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import torch
from prompts import read_prompts
from sampler import Model, Sampling, make_videos, newest_checkpoint

from vwd.errors import VwdError
from vwd.grade import Graded, Truth, grade_reading
from vwd.inspect.truths import load_truths
from vwd.readback import read_frames
from vwd.readback.files import file_frames

_HEADER = ("steps", "seconds", "task", "videos", "words read", "videos exact", "answers right")


def rows(options: argparse.Namespace) -> Iterator[tuple[str, ...]]:
    """The cells of each checkpoint's row."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    truths = load_truths(options.against)
    for path in options.checkpoint:
        model = Model(newest_checkpoint(path), device)
        torch.set_num_threads(options.threads or model.config.threads or len(os.sched_getaffinity(0)))
        prompts = read_prompts(options.against, model.config.task, options.split)
        folder = options.output_dir / f"{model.path.resolve().parent.name}-{model.path.stem}"
        make_videos(model, prompts, folder, Sampling(0, options.steps, Fraction(4)), options.batch_size)
        names = {prompt.name for prompt in prompts}
        asked = [truth for truth in truths if truth.key in names]
        graded = [grade_both(folder / f"{truth.key}.mp4", truth) for truth in asked]
        # What cannot be read counts as wrong, and none of its words as read.
        recall = sum(one.rendering.recall for one, _ in graded if one.rendering) / len(asked)
        exact = sum(one.right for one, _ in graded) / len(asked)
        numbers = [one.right for _, one in graded if one.truth.final_answer.isdecimal()]
        step, seconds = progress(model.path)
        yield (
            f"{step:,}", f"{seconds:,.0f}", model.config.task, f"{len(asked)}", f"{recall:.1%}", f"{exact:.1%}",
            f"{sum(numbers) / len(numbers):.1%} of {len(numbers)}" if numbers else "none asked",
        )  # fmt: skip


def grade_both(file: Path, truth: Truth) -> tuple[Graded, Graded]:
    """A video's verdicts on its text and on its final answer; it is read once for both."""
    reading = read_frames(file_frames(file), truth.language, truth.page)
    return grade_reading(reading, truth, "rendering"), grade_reading(reading, truth, "inference")


def progress(checkpoint: Path) -> tuple[int, float]:
    """The steps of a checkpoint, and the seconds that they took."""
    step = int(checkpoint.stem.removeprefix("step-"))
    lines = [json.loads(line) for line in (checkpoint.parent / "metrics.jsonl").read_text().splitlines()]
    return step, sum(line["seconds"] for line in lines if line["step"] <= step)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="table.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--checkpoint", type=Path, nargs="+", required=True, help="checkpoints of one or several runs")
    add("--against", type=Path, required=True, help="one dataset's folder of shards: prompts, and what is right")
    add("--output-dir", type=Path, required=True, help="folder for the videos")
    add("--split", choices=("all", "train", "val"), default="all", help="[default: all]")
    add("--steps", type=int, default=8, help="from noise to video  [default: 8]")
    add("--batch-size", type=int, default=32, help="videos at once, on a GPU  [default: 32]")
    add("--threads", type=int, help="[default: the run's, else the cores]")
    try:
        print(f"| {' | '.join(_HEADER)} |\n|{'---|' * len(_HEADER)}", flush=True)
        for row in rows(parser.parse_args()):
            print(f"| {' | '.join(row)} |", flush=True)
    except VwdError as error:
        print(f"Error: {error.what}\n{error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()

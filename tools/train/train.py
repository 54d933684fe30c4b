"""Trains a small flow-matching video model on an output of `vwd pack`, which learns to read.

    python tools/train/train.py OUT/sums --checkpoint DIR --config tools/train/configs/small.yaml steps=600
    torchrun --nproc-per-node 2 tools/train/train.py OUT/sums --checkpoint DIR --config FILE --resume auto

Settings are given in YAML files (--config A --config B, or --base A B), as key=value, and as options; later ones win.

Prints one line of JSON per step, and writes it to DIR/metrics.jsonl. On SIGTERM, Ctrl-C or SIGUSR2 it finishes the
step, writes a checkpoint and exits with 143, 130 or 140; --resume auto resumes there, with any number of ranks that
divides the batch.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

# Must be set before torch starts CUDA: cuBLAS is deterministic only with it.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

try:
    import av  # noqa: F401
    import omegaconf  # noqa: F401
    import torch
except ImportError as error:
    sys.exit(f"Error: the trainer needs a package that is not installed: {error.name}\npip install 'vwd[train]'")
from checkpoint import Folder, load
from clips import write_comparison
from config import Config
from data import Batch, Batches
from model import parameter_count
from options import parse, write_config
from ranks import Ranks, join
from tracking import Tracking, open_tracking
from trainer import Trainer, as_signal

from vwd.errors import UsageError, VwdError

# Those that ask a run to end: by Slurm and others, by a person, and by Slurm (--signal) before a time limit.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2)


class Stop:
    """Records the signal that asked this process to end; 0 if there was none."""

    def __init__(self) -> None:
        self.signal = 0
        for number in _SIGNALS:
            signal.signal(number, self._note)

    def _note(self, signum: int, frame: FrameType | None) -> None:
        self.signal = signum


def train(config: Config, ranks: Ranks, stop: Stop) -> int:
    """Runs the training.

    Returns:
        The exit code.
    """
    folder = Folder(config.folder, config.keep)
    trainer, batches = Trainer(config, ranks), Batches(config, ranks.world, ranks.device)
    done = begin(config, folder, trainer, batches)
    with open_tracking(config, ranks.is_first) as tracking:
        if ranks.is_first:
            size = f"{parameter_count(trainer.model):,} parameters"
            log(f"{size}, {ranks.world} rank(s), from step {done} to {config.steps}")
        code = loop(config, folder, trainer, batches, tracking, stop, done)
    if ranks.is_first:
        folder.end()
        summarise(folder, code)
    return code


def loop(
    config: Config, folder: Folder, trainer: Trainer, batches: Batches, tracking: Tracking, stop: Stop, done: int
) -> int:
    """The steps that are left. Returns the exit code."""
    ranks, code, source = trainer.ranks, 0, iter(batches)
    while done < config.steps and not code:
        started = time.monotonic()
        batch = next(source)
        waited = time.monotonic() - started
        loss, gradient = trainer.step(done, batch)
        done += 1
        # The signal is exchanged with the loss, so that all ranks stop after the same step.
        total, code = combine(ranks, loss, stop.signal)
        line: dict[str, Any] = {
            "step": done, "epoch": batch.epoch, "loss": total, "gradient": gradient,
            "seconds": round(time.monotonic() - started, 4), "waited": round(waited, 4),
        }  # fmt: skip
        if config.log_keys:
            parts = ranks.gather(list(zip(batch.positions, batch.keys, strict=True)))
            line["keys"] = [key for _, key in sorted(pair for part in parts for pair in part)]
        if ranks.is_first:
            write_line(folder, line)
            tracking.log(line)
        if ranks.is_first and config.sample_every and done % config.sample_every == 0:
            write_sample(folder, trainer, done, batch, config.sample_steps)
        if code or done % config.checkpoint_every == 0 or done == config.steps:
            save(folder, done, trainer, batches)
    return code


def begin(config: Config, folder: Folder, trainer: Trainer, batches: Batches) -> int:
    """Loads the checkpoint to resume, if any.

    Returns:
        How many steps are done.

    Raises:
        UsageError: the folder has checkpoints, but --resume was not given.
    """
    steps, done = folder.steps(), 0
    if config.resume is None and steps:
        raise UsageError(
            f"{folder.path} has a checkpoint of step {steps[-1]} already",
            "Give --resume auto to continue from it, or another --checkpoint folder.",
        )
    path = None
    if config.resume == "auto":
        path = folder.file(steps[-1]) if steps else None
    elif config.resume is not None:
        path = Path(config.resume)
    if path is not None:
        state = load(path, trainer.ranks.device)
        trainer.load_state_dict(state)
        batches.load_state_dict(state["loader"])
        done = int(state["step"])
    if trainer.ranks.is_first:
        folder.begin(done)
        write_config(config, folder.path)
    return done


def save(folder: Folder, done: int, trainer: Trainer, batches: Batches) -> None:
    """Writes a checkpoint; every rank must call this."""
    state = {"step": done, **trainer.state_dict(), "loader": batches.state_dict()}
    if trainer.ranks.is_first:
        folder.save(done, state)


def combine(ranks: Ranks, loss: float, signum: int) -> tuple[float, int]:
    """The mean loss of all ranks, and the exit code for a signal to any of them; 0 if there was none."""
    total, *asked = ranks.sums(loss, *(signum == number for number in _SIGNALS))
    return total / ranks.world, next((128 + number for number, sent in zip(_SIGNALS, asked, strict=True) if sent), 0)


def write_line(folder: Folder, line: dict[str, Any]) -> None:
    text = json.dumps(line)
    print(text, flush=True)
    with folder.metrics.open("a") as file:
        file.write(text + "\n")


def write_sample(folder: Folder, trainer: Trainer, done: int, batch: Batch, steps: int) -> None:
    """Writes the batch's first video, and next to it a video generated from its prompt."""
    generated = trainer.generate(done, batch.prompts[:1], steps)
    real = as_signal(batch.video[:1])
    write_comparison(folder.path / f"step-{done:06d}.mp4", [real[0], generated[0]], folder.temp)


def summarise(folder: Folder, code: int) -> None:
    losses = folder.losses()
    if code:
        log(f"Stopped by a signal after step {len(losses)}; continue with --resume auto.")
    if len(losses) >= 40:
        first, last = statistics.fmean(losses[:20]), statistics.fmean(losses[-20:])
        log(f"loss: {first:.4f} over the first 20 steps, {last:.4f} over the last 20 (ratio {last / first:.2f})")


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(line: Sequence[str] | None = None) -> int:
    """Trains as a command line says, that of this process by default. Returns the exit code."""
    stop = Stop()
    torch.use_deterministic_algorithms(True)
    try:
        config = parse(__doc__, line)
        with join(config.device, config.threads) as ranks:
            return train(config, ranks, stop)
    except VwdError as error:
        log(f"Error: {error.what}\n{error.hint}")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())

"""Videos made by a checkpoint, each from a seed of its own, in a folder that a later run goes on with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from checkpoint import Folder, load
from clips import write_clip
from config import Config, make_config
from flow import draw_noise, generate, seed_of
from model import VideoModel, encode_text
from prompts import Prompt
from torch import Tensor
from trainer import as_grey, precision

from vwd.errors import UsageError
from vwd.storage.atomic import atomic_write
from vwd.storage.tempfiles import remove_stale


@dataclass(frozen=True)
class Sampling:
    """What determines a video, but for the model and the prompt. `rate` is in frames a second."""

    seed: int
    steps: int
    rate: Fraction


class Model:
    """The averaged model of a checkpoint."""

    def __init__(self, path: Path, device: torch.device) -> None:
        state = load(path, device)
        self.path, self.device = path, device
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self.config: Config = make_config(state["settings"])
        self._model = VideoModel(self.config.shape).to(device).eval()
        self._model.load_state_dict(state["average"])

    def videos(self, prompts: Sequence[Prompt], sampling: Sampling, batch: int) -> Iterator[tuple[Prompt, Tensor]]:
        """A video for each prompt: float [T, H, W], about -1 to 1.

        A CPU gains nothing from batches, and adds in another order for each size of them: there, each video is made
        alone, and is the same to the last bit for every `batch`. On a GPU, videos of other batches differ by rounding.
        """
        size = batch if self.device.type == "cuda" else 1
        shape = self.config.shape
        for start in range(0, len(prompts), size):
            part = prompts[start : start + size]
            noise = torch.stack([draw_noise(seed_of(sampling.seed, *one.name.encode()), shape.video) for one in part])
            text = encode_text([one.text for one in part], shape.text_bytes)
            with precision(self.config.precision, self.device):
                made = generate(self._model, noise.to(self.device), text.to(self.device), sampling.steps)
            yield from zip(part, made, strict=True)


def newest_checkpoint(path: Path) -> Path:
    """A checkpoint, or the newest one in a folder.

    Raises:
        UsageError: there is none.
    """
    if path.is_file():
        return path
    folder = Folder(path, keep=1)
    if not folder.steps():
        raise UsageError(f"{path} has no checkpoint", "Give a folder that tools/train/train.py has written.")
    return folder.file(folder.steps()[-1])


def make_videos(model: Model, prompts: Sequence[Prompt], folder: Path, sampling: Sampling, batch: int) -> int:
    """Writes the videos that are not there yet, and `manifest.jsonl`, which says what each is.

    Returns:
        How many were made.

    Raises:
        UsageError: the folder has videos that were made in another way.
    """
    temp = folder / ".tmp"
    remove_stale(temp)
    write_manifest(folder, [_line(model, prompt, sampling) for prompt in prompts])
    left = [prompt for prompt in prompts if not (folder / f"{prompt.name}.mp4").exists()]
    for prompt, video in model.videos(left, sampling, batch):
        write_clip(folder / f"{prompt.name}.mp4", as_grey(video).numpy(), temp, sampling.rate)
    remove_stale(temp)
    return len(left)


def write_manifest(folder: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Writes what each video of the folder is: before the videos, so that an interrupted run can be gone on with.

    Raises:
        UsageError: the folder has a manifest that says otherwise.
    """
    path = folder / "manifest.jsonl"
    before = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []
    now = {line["file"]: line for line in lines}
    for line in before:
        other = now.get(line["file"], {})
        if changed := [name for name in line if line[name] != other.get(name)]:
            raise UsageError(
                f"{path}: {line['file']} is there already with another "
                + ", ".join(f"{name}: existing {line[name]}, requested {other.get(name)}" for name in changed),
                "Give the same arguments to go on with this folder, or another --output-dir.",
            )
    with atomic_write(path, folder / ".tmp") as file:
        file.write("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode())


def _line(model: Model, prompt: Prompt, sampling: Sampling) -> dict[str, Any]:
    return {
        "file": f"{prompt.name}.mp4", "prompt": prompt.text, "checkpoint": model.path.name,
        "sha256": model.sha256, "seed": sampling.seed, "steps": sampling.steps, "rate": str(sampling.rate),
    }  # fmt: skip

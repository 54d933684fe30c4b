"""Prompts to make videos of, and the names of these videos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vwd.errors import UsageError
from vwd.stream import ShardDataset

Split = Literal["all", "train", "val"]


@dataclass(frozen=True)
class Prompt:
    """A prompt, and the name of its video without its ending: a sample's key, or a number like 000012."""

    name: str
    text: str


def read_prompts(source: Path, task: Literal["inference", "rendering"], split: Split) -> list[Prompt]:
    """The lines of a file, or the prompts of an output's samples in packed order.

    Args:
        source: a text file, or one dataset's folder of shards.
        task: which prompts of an output: inference or rendering.
        split: which samples of an output; all lines of a file are read.

    Raises:
        UsageError: there is no such file or folder, or nothing in it.
    """
    if source.is_dir():
        data = ShardDataset(
            source, task=task, source="device", channels=1, shuffle=0, split=None if split == "all" else split,
            rank=0, world_size=1,
        )  # fmt: skip
        return [Prompt(sample["key"], sample["prompt"]) for sample in data]
    try:
        lines = source.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"{source} is no file of prompts: {error}", "Give one with a prompt a line.") from error
    found = [Prompt(f"{number:06d}", line.strip()) for number, line in enumerate(lines) if line.strip()]
    if not found:
        raise UsageError(f"{source} has no prompts", "Give a file with a prompt a line.")
    return found

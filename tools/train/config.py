"""What a run is configured by: each setting once, with its default, its check and its explanation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from kinds import choice, flag, integer, lengths, number, sides, text, whole
from shape import Shape

from vwd.errors import UsageError


def _setting(default: Any, kind: Callable[[str], Any], about: str, *, counts: bool = False) -> Any:
    """A field of `Config`; `counts` where it determines the run's numbers."""
    return field(default=default, metadata={"kind": kind, "about": about, "counts": counts})


@dataclass(frozen=True)
class Config:
    """The settings of a run. Those that `counts` marks must be the same when it is resumed."""

    output: str = _setting(MISSING, text, "one dataset's folder in an output of 'vwd pack'")
    checkpoint: str = _setting(MISSING, text, "folder for checkpoints, metrics and samples")
    tag: str | None = _setting(None, text, "name of the run: its checkpoints are in a subfolder of that name")
    resume: str | None = _setting(None, text, "'auto' for the newest checkpoint, if any, or the path of one")
    steps: int = _setting(400, whole(1), "total steps, including those before resuming")
    batch_size: int = _setting(8, whole(1), "samples per step, over all ranks", counts=True)
    task: Literal["inference", "rendering"] = _setting(
        "inference", choice("inference", "rendering"), "which prompts", counts=True
    )
    split: Literal["train"] | None = _setting(
        None, choice("train"), "leave out the samples held out for validation", counts=True
    )
    source: Literal["video", "storyboard", "device"] = _setting(
        "video", choice("video", "storyboard", "device"),
        "decode the videos, or draw their storyboards, in the loader or on the device", counts=True,
    )  # fmt: skip
    frames: int = _setting(16, whole(1), "frames of a video, evenly spaced", counts=True)
    size: str = _setting("48x80", sides(2), "height x width of a frame", counts=True)
    patch: str = _setting("4x8x8", sides(3), "frames x height x width of a patch: divides frames and size", counts=True)
    text_bytes: int = _setting(256, whole(1), "bytes of a prompt; longer prompts are truncated", counts=True)
    dim: int = _setting(128, whole(1), "channels of a patch", counts=True)
    depth: int = _setting(4, whole(1), "blocks of the model", counts=True)
    learning_rate: float = _setting(1e-3, number, "for AdamW, after 20 warm-up steps", counts=True)
    decay_steps: int | None = _setting(
        None, whole(1), "steps in which the learning rate falls to 0 as a cosine does; by default it stays", counts=True
    )
    time_power: float = _setting(1.0, number, "above 1, more of the noisy videos are nearly noise", counts=True)
    average: float = _setting(0.99, number, "share that the moving average keeps at each step", counts=True)
    precision: str = _setting("auto", choice("auto", "float32", "bfloat16"), "auto: bfloat16 on CUDA", counts=True)
    seed: int = _setting(0, integer, "for the model, the order of samples and the noise", counts=True)
    checkpoint_every: int = _setting(100, whole(1), "steps between checkpoints")
    keep: int = _setting(2, whole(1), "checkpoints to keep")
    sample_every: int = _setting(0, whole(0), "steps between mp4 files of a video next to a generated one; 0: none")
    sample_steps: int = _setting(20, whole(1), "steps from noise to a generated video")
    num_workers: int = _setting(1, whole(0), "loader processes per rank")
    device: str = _setting("auto", choice("auto", "cpu", "cuda"), "auto: cuda if available")
    threads: int | None = _setting(None, whole(1), "threads per rank; by default its share of the cores")
    log_keys: bool = _setting(False, flag, "add the keys of each step's samples to its line")
    wandb: str | None = _setting(None, text, "log to this project of Weights & Biases (extra wandb)")

    @cached_property
    def shape(self) -> Shape:
        """The sizes of the model and its input.

        Raises:
            UsageError: they do not fit each other.
        """
        (height, width), (time, rows, columns) = lengths(self.size), lengths(self.patch)
        try:
            return Shape(self.frames, height, width, self.text_bytes, self.dim, self.depth, patch=(time, rows, columns))
        except ValueError as error:
            raise UsageError(str(error), "See --help.") from error

    @property
    def folder(self) -> Path:
        """Where the run's checkpoints are."""
        return Path(self.checkpoint) / (self.tag or "")

    def to_dict(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def require_equal(self, saved: Mapping[str, Any]) -> None:
        """Compares the settings that determine the run's numbers with those saved in a checkpoint.

        Raises:
            UsageError: they differ; the message lists how.
        """
        now = self.to_dict()
        counting = [one.name for one in fields(self) if one.metadata["counts"]]
        changed = [name for name in counting if saved.get(name) != now[name]]
        if changed:
            raise UsageError(
                "the checkpoint is from a run with other settings: "
                + "; ".join(f"{name}: existing {saved.get(name)}, requested {now[name]}" for name in changed),
                "Give the same settings to resume it, or another --checkpoint folder.",
            )


def make_config(values: Mapping[str, Any], where: Sequence[str] = ()) -> Config:
    """A checked configuration.

    Args:
        values: by name, as YAML or a command line gives them: numbers may be text.
        where: the files they are from, for messages.

    Raises:
        UsageError: a name is unknown, a value not allowed, or one is missing.
    """
    source = f" in {', '.join(where)}" if where else ""
    known = {one.name: one for one in fields(Config)}
    if unknown := sorted(set(values) - set(known)):
        raise UsageError(f"unknown settings{source}: {', '.join(unknown)}", f"There are: {', '.join(known)}.")
    checked = {}
    for name, value in values.items():
        if value is None and known[name].default is None:
            continue
        try:
            checked[name] = known[name].metadata["kind"](str(value))
        except ValueError as error:
            raise UsageError(f"{name}: {value}{source} is {error}", "See --help.") from error
    for name in ("output", "checkpoint"):
        if name not in checked:
            raise UsageError(f"no {name}: {known[name].metadata['about']}", f"Give --{name}, or {name}: … in a file.")
    return Config(**checked)

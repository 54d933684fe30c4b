"""The checkpoint folder: the last few checkpoints, one file each, and the metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from vwd.errors import OutputError
from vwd.storage.atomic import atomic_write
from vwd.storage.tempfiles import remove_stale

_NAME = re.compile(r"step-(\d{6,})\.pt")


class Folder:
    """A folder of `step-000400.pt`, `metrics.jsonl` and samples. Only rank 0 writes to it.

    Args:
        keep: how many checkpoints to keep.
    """

    def __init__(self, path: Path, keep: int) -> None:
        self.path, self.keep = path, keep
        self.temp = path / ".tmp"
        self.metrics = path / "metrics.jsonl"

    def steps(self) -> list[int]:
        """The steps that have a checkpoint, ascending."""
        found = (_NAME.fullmatch(path.name) for path in self.path.iterdir()) if self.path.is_dir() else ()
        return sorted(int(name[1]) for name in found if name)

    def file(self, step: int) -> Path:
        return self.path / f"step-{step:06d}.pt"

    def save(self, step: int, state: Mapping[str, Any]) -> Path:
        """Writes a checkpoint, then removes all but the last `keep`."""
        with atomic_write(self.file(step), self.temp) as file:
            torch.save(dict(state), file)
        for old in self.steps()[: -self.keep]:
            self.file(old).unlink()
        return self.file(step)

    def begin(self, step: int) -> None:
        """Cleans up after a run that was killed: removes its unfinished files, and its metrics after `step`."""
        remove_stale(self.temp)
        self.path.mkdir(parents=True, exist_ok=True)
        kept = b"".join(line for line in self._lines() if json.loads(line)["step"] <= step)
        with atomic_write(self.metrics, self.temp) as file:
            file.write(kept)

    def end(self) -> None:
        """Removes everything but checkpoints, metrics and samples."""
        remove_stale(self.temp)

    def losses(self) -> list[float]:
        """The loss of every step so far."""
        return [json.loads(line)["loss"] for line in self._lines()]

    def _lines(self) -> list[bytes]:
        """The complete lines of the metrics; a run that was killed may have left an incomplete one."""
        lines = self.metrics.read_bytes().splitlines(keepends=True) if self.metrics.is_file() else []
        return [line for line in lines if line.endswith(b"\n")]


def load(path: Path, device: torch.device) -> dict[str, Any]:
    """A checkpoint's state, with its tensors on `device`.

    Raises:
        OutputError: the file does not exist or cannot be read.
    """
    try:
        # weights_only: never runs code from the file.
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise OutputError(f"{path}: cannot be read: {reason}", "Give another checkpoint to --resume.") from error
    return state

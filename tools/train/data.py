"""Batches for training, epoch after epoch, starting where a checkpoint left off."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from settings import Settings
from torch import Tensor

from vwd.errors import UsageError
from vwd.stream import ShardDataset, ShardLoader


@dataclass(frozen=True)
class Batch:
    """This rank's part of a step's batch.

    Attributes:
        positions: of the samples in the epoch's order.
        video: uint8 [B, T, 1, H, W].
    """

    epoch: int
    positions: list[int]
    keys: list[str]
    prompts: list[str]
    video: Tensor


class Batches:
    """Endless batches; samples that do not fill a batch at the end of an epoch are left out.

    Args:
        output: one dataset's folder of shards.
        world: number of ranks that share a batch.

    Raises:
        UsageError: the batch cannot be divided among the ranks, or is larger than the output.
    """

    def __init__(self, output: Path, settings: Settings, world: int, workers: int) -> None:
        if settings.batch_size < 1 or settings.batch_size % world:
            raise UsageError(
                f"--batch-size {settings.batch_size} is not a multiple of {world} rank(s)", "Give a multiple."
            )
        shape = settings.shape
        self._data = ShardDataset(
            output, task=settings.task, frames=shape.frames, size=(shape.height, shape.width), channels=1,
            seed=settings.seed, source=settings.source, remainder="drop",
        )  # fmt: skip
        if self._data.samples < settings.batch_size:
            raise UsageError(
                f"{output} has {self._data.samples} samples, but --batch-size is {settings.batch_size}",
                "Give a smaller batch, or pack more samples.",
            )
        self._loader = ShardLoader(
            self._data, settings.batch_size // world, workers, drop_last=True,
            persistent_workers=workers > 0, worker_init_fn=_leave_signals_to_parent,
        )  # fmt: skip

    def __iter__(self) -> Iterator[Batch]:
        while True:
            epoch = int(self._loader.state_dict()["epoch"])
            for batch in self._loader:
                yield Batch(epoch, batch["position"].tolist(), batch["key"], batch["prompt"], batch["video"])
            self._data.set_epoch(epoch + 1)

    def state_dict(self) -> dict[str, int | str]:
        """How far the training loop is; the same for every rank."""
        return self._loader.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._loader.load_state_dict(state)


def _leave_signals_to_parent(worker: int) -> None:
    """A signal to the process group must not end the workers before the last step is done."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)

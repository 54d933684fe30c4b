"""Batches for training, epoch after epoch, starting where a checkpoint left off."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from config import Config
from torch import Tensor, device

from vwd.errors import UsageError
from vwd.stream import ShardDataset, ShardLoader, prefetch


@dataclass(frozen=True)
class Batch:
    """This rank's part of a step's batch.

    Attributes:
        positions: of the samples in the epoch's order.
        video: uint8 [B, T, 1, H, W], on the device.
    """

    epoch: int
    positions: list[int]
    keys: list[str]
    prompts: list[str]
    video: Tensor


class Batches:
    """Endless batches; samples that do not fill a batch at the end of an epoch are left out.

    Args:
        world: number of ranks that share a batch.

    Raises:
        UsageError: the batch cannot be divided among the ranks, or is larger than the output.
    """

    def __init__(self, config: Config, world: int, device: device) -> None:
        if config.batch_size % world:
            raise UsageError(
                f"--batch-size {config.batch_size} is not a multiple of {world} rank(s)", "Give a multiple."
            )
        shape, workers = config.shape, config.num_workers
        self._data = ShardDataset(
            config.output, task=config.task, frames=shape.frames, size=(shape.height, shape.width), channels=1,
            seed=config.seed, source=config.source, split=config.split, remainder="drop",
        )  # fmt: skip
        if self._data.samples < config.batch_size:
            raise UsageError(
                f"{config.output} has {self._data.samples} samples, but --batch-size is {config.batch_size}",
                "Give a smaller batch, or pack more samples.",
            )
        loader = ShardLoader(
            self._data, config.batch_size // world, workers, drop_last=True, pin_memory=device.type == "cuda",
            persistent_workers=workers > 0, worker_init_fn=_leave_signals_to_parent,
        )  # fmt: skip
        self._loader = prefetch(loader, device)

    def __iter__(self) -> Iterator[Batch]:
        while True:
            epoch = int(self._loader.state_dict()["epoch"])
            for batch in self._loader:
                yield Batch(epoch, batch["position"].tolist(), batch["key"], batch["prompt"], batch["video"])
            self._data.set_epoch(epoch + 1)

    def state_dict(self) -> dict[str, int | str]:
        """How far the training loop is; the same for every rank."""
        state: dict[str, int | str] = self._loader.state_dict()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._loader.load_state_dict(state)


def _leave_signals_to_parent(worker: int) -> None:
    """A signal to the process group must not end the workers before the last step is done."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)

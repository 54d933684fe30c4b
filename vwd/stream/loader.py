"""`ShardLoader`: a DataLoader that knows how far the training loop is, to save that and resume from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vwd.errors import ContractError, UsageError
from vwd.limits import EPOCH_LIMIT
from vwd.stream.collate import Batch, collate
from vwd.stream.dataset import ShardDataset, require_torch


class ShardLoader:
    """Batches of a dataset, with a state.

    The state counts the samples of the batches that the training loop has received, over all ranks, not those that
    workers have prepared. So it can be loaded with another number of ranks and workers: with the same batch size
    over all ranks, the batches continue as if nothing had happened.

    Args:
        batch_size: of this rank.
        options: for `torch.utils.data.DataLoader`.
    """

    def __init__(self, data: ShardDataset, batch_size: int = 1, num_workers: int = 0, **options: Any) -> None:
        require_torch()
        import torch
        from torch.utils.data import DataLoader

        # A generator of its own, so that the number of epochs does not affect the global one.
        options = {"collate_fn": collate, "generator": torch.Generator(), **options}
        self.data = data
        self._batch_size = batch_size
        self._loader = DataLoader(data, batch_size, num_workers=num_workers, **options)
        self._epoch, self._samples = data.progress.epoch, data.progress.start

    def __len__(self) -> int:
        """Batches that are left in this epoch."""
        return len(self._loader)

    def __iter__(self) -> Iterator[Batch]:
        """The batches that are left in this epoch; afterwards, the same epoch would start again.

        Raises:
            UsageError: the dataset goes to another epoch meanwhile: what workers have prepared is of both.
        """
        progress = self.data.progress
        start = progress.start
        self._epoch, self._samples = progress.epoch, start
        for batch in self._loader:
            if (progress.epoch, progress.start) != (self._epoch, start):
                raise UsageError(
                    f"the dataset was moved from epoch {self._epoch} to {progress.epoch} while its batches were read",
                    "Call set_epoch and load_state_dict between epochs, and begin a new iteration after them.",
                )
            self._samples = min(self._samples + self._batch_size * progress.world_size, self.data.samples)
            yield batch
        self._samples = self.data.samples
        progress.go_to(progress.epoch, 0)

    def state_dict(self) -> dict[str, int | str]:
        """The training loop's progress: the epoch, and how many of its samples it has received over all ranks."""
        progress = self.data.progress
        samples = self._samples if self._epoch == progress.epoch else progress.start
        return {"epoch": progress.epoch, "samples": samples, "order": self.data.order_id}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes to a state: the next iteration begins with the sample after it.

        Raises:
            ContractError: the state is of another order: other shards, seed, task or shuffle settings.
        """
        epoch, samples = _checked(state, self.data.samples)
        if state["order"] not in (self.data.order_id, self.data.old_order_id):
            raise ContractError(
                "this state was saved with another order of samples than the dataset has",
                "Give the same shards, weights, task, seed, shuffle and streams as when it was saved.",
            )
        self.data.progress.go_to(epoch, samples)
        self._epoch, self._samples = epoch, samples


def _checked(state: Mapping[str, Any], most: int) -> tuple[int, int]:
    """Epoch and samples of a state.

    Raises:
        ContractError: it is not one that `state_dict` gave.
    """
    epoch, samples = state.get("epoch"), state.get("samples")
    plain = type(epoch) is int and type(samples) is int and isinstance(state.get("order"), str)
    if not plain or not 0 <= epoch < EPOCH_LIMIT or not 0 <= samples <= most:  # type: ignore[operator]
        raise ContractError(
            f"not the state of a ShardLoader: epoch {epoch!r}, samples {samples!r} of {most:,}",
            "Load what state_dict() gave.",
        )
    return int(epoch), int(samples)  # type: ignore[arg-type]

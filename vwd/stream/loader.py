"""`ShardLoader`: a DataLoader that knows how far the training loop is, to save that and resume from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vwd.stream.collate import Batch, collate
from vwd.stream.dataset import ShardDataset, require_torch
from vwd.stream.iterations import moved
from vwd.stream.states import checked_state


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
        """Batches of a whole epoch, also where it is gone on with in the middle: by that, trainers count on."""
        return self.data.batches(self._batch_size, self._loader.drop_last)

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
                raise moved(self._epoch, progress.epoch)
            self._samples = min(self._samples + self._batch_size * progress.world_size, self.data.samples)
            yield batch
        self._samples = self.data.samples
        progress.rewind()

    @property
    def dataset(self) -> ShardDataset:
        """The dataset, by the name that a DataLoader has for it."""
        return self.data

    @property
    def sampler(self) -> ShardDataset:
        """Whose `set_epoch` Lightning calls before each epoch."""
        return self.data

    def set_epoch(self, epoch: int) -> None:
        """`ShardDataset.set_epoch`, where accelerate and transformers' Trainer call it."""
        self.data.set_epoch(epoch)

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
        epoch, samples = checked_state(state, "samples", self.data)
        self.data.progress.go_to(epoch, samples)
        self._epoch, self._samples = epoch, samples

"""Memory for the frames of a batch, in one piece: what is drawn there needs no copying to become a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

Shape = tuple[int, int, int]


class BatchBuffer:
    """Hands out the memory of a batch's samples, one after the other.

    In a worker it is shared memory, which the training process can read.

    Args:
        count: samples of the batch.
    """

    def __init__(self, count: int) -> None:
        self._count, self._used = count, 0
        self._batch: torch.Tensor | None = None

    def next(self, shape: Shape) -> torch.Tensor:
        """An empty uint8 [T, H, W]: the next in the buffer, unless it has another shape than the first one."""
        import torch

        if self._batch is None:
            self._batch = _empty(self._count, shape)
        if self._used == self._count or self._batch.shape[1:] != shape:
            return torch.from_numpy(np.empty(shape, np.uint8))
        self._used += 1
        return self._batch[self._used - 1]


def joined(parts: list[torch.Tensor]) -> torch.Tensor | None:
    """Tensors that are adjacent in one piece of memory, as one tensor; None where they are not."""
    import torch

    first = parts[0]
    memory, size = first.untyped_storage().data_ptr(), first.numel()
    for number, part in enumerate(parts):
        adjacent = part.storage_offset() - first.storage_offset() == number * size
        alike = part.shape == first.shape and part.stride() == first.stride() and part.dtype == first.dtype
        if not (adjacent and alike and part.untyped_storage().data_ptr() == memory):
            return None
    return torch.as_strided(first, (len(parts), *first.shape), (size, *first.stride()))


def _empty(count: int, shape: Shape) -> torch.Tensor:
    import torch
    from torch.utils.data import get_worker_info

    if get_worker_info() is None:
        # numpy asks the kernel for large pages, which torch does not: most of the time went into page faults.
        return torch.from_numpy(np.empty((count, *shape), np.uint8))
    frames, height, width = shape
    # As default_collate does: sharing memory afterwards would copy it.
    shared = torch.UntypedStorage._new_shared(count * frames * height * width)
    flat: torch.Tensor = torch.empty(0, dtype=torch.uint8).set_(shared)
    return flat.view(count, *shape)

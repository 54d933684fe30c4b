"""Which rank this process is, and how many samples of an epoch each rank gets."""

from __future__ import annotations

import os
from typing import Literal

from vwd.errors import UsageError

Remainder = Literal["pad", "drop"]


def rank_and_world_size(given: tuple[int, int] | None) -> tuple[int, int]:
    """From the arguments, torch.distributed or torchrun's environment, in this order; else 0 of 1.

    Raises:
        UsageError: there is no such rank.
    """
    rank, world_size = given or _distributed() or (0, 1)
    if not 0 <= rank < world_size:
        raise UsageError(f"rank {rank} of {world_size}", "Ranks are numbered from 0 to world_size - 1.")
    return rank, world_size


def samples_per_rank(samples: int, world_size: int, remainder: Remainder) -> int:
    """How many of the samples that are left in an epoch each rank gets: the same number for every rank.

    Args:
        remainder: "pad" rounds up, so that the last round is filled with samples of the epoch's beginning; "drop"
            rounds down.
    """
    return samples // world_size if remainder == "drop" else -(-samples // world_size)


def _distributed() -> tuple[int, int] | None:
    import torch

    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    if "RANK" in os.environ and "WORLD_SIZE" in os.environ:
        return int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    return None

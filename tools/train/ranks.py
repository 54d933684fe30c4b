"""The processes of a run, and how they exchange numbers. A run may be a single process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import distributed, nn

T = TypeVar("T")


@dataclass(frozen=True)
class Ranks:
    """This process: rank `rank` of `world`, and its device."""

    rank: int
    world: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def average_gradients(self, model: nn.Module) -> None:
        """Gives every rank the mean of all ranks' gradients.

        As one vector in the parameters' order. DistributedDataParallel reorders its buckets after the first step, so a
        resumed run would add in a different order than an uninterrupted one.
        """
        if self.world == 1:
            return
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.world
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def sums(self, *values: float) -> list[float]:
        """The sum of each value over all ranks."""
        if self.world == 1:
            return list(values)
        sums = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(sums)
        return [float(value) for value in sums]

    def gather(self, value: T) -> list[T]:
        """Every rank's value, in the order of the ranks."""
        if self.world == 1:
            return [value]
        values: list[T] = [value] * self.world
        distributed.all_gather_object(values, value)
        return values


@contextmanager
def join(device: str, threads: int | None) -> Iterator[Ranks]:
    """Joins the processes that torchrun started, with NCCL on GPUs and Gloo on CPUs; without torchrun, a single rank.

    Args:
        device: "cpu", "cuda", or "auto" for CUDA if available.
        threads: of this process; None divides the cores among this node's ranks.
    """
    rank, world = (int(os.environ.get(name, default)) for name, default in (("RANK", "0"), ("WORLD_SIZE", "1")))
    local, local_world = (
        int(os.environ.get(name, default)) for name, default in (("LOCAL_RANK", "0"), ("LOCAL_WORLD_SIZE", "1"))
    )
    cuda = device == "cuda" or (device == "auto" and torch.cuda.is_available())
    if cuda:
        torch.cuda.set_device(local)
    torch.set_num_threads(threads or max(1, len(os.sched_getaffinity(0)) // local_world))
    if world == 1:
        yield Ranks(rank, world, torch.device("cuda", local) if cuda else torch.device("cpu"))
        return
    distributed.init_process_group("nccl" if cuda else "gloo")
    try:
        yield Ranks(rank, world, torch.device("cuda", local) if cuda else torch.device("cpu"))
    finally:
        distributed.destroy_process_group()

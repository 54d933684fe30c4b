"""How many samples a second workers deliver to a training loop that draws them on a device, and what that costs them.

    python tools/bench/delivery.py OUT/gsm8k [--num-workers 1 2]

Nothing is drawn: it is what a device that draws faster than they deliver would get. It uses nothing of `vwd` but the
dataset, so that another version can be measured beside this one: PYTHONPATH=CHECKOUT python tools/bench/delivery.py …
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import time
from statistics import median
from typing import NamedTuple

from torch.utils.data import DataLoader
from waiting import ran

from vwd.stream import ShardDataset

_BATCH = 32
_MICRO = 1e6


class Epoch(NamedTuple):
    """Samples a second, and microseconds of CPU for each in all workers and in this process."""

    rate: float
    workers: float
    main: float


def deliver(output: str, workers: int, epochs: int) -> list[Epoch]:
    """Reads some epochs with the same workers, after one that is not counted."""
    data = ShardDataset(output, source="device", frames=49)
    loader = DataLoader(data, batch_size=_BATCH, num_workers=workers, persistent_workers=True, prefetch_factor=4)
    found = []
    for epoch in range(epochs + 1):
        data.set_epoch(epoch)
        pids = [child.pid for child in multiprocessing.active_children() if child.pid]
        before, started = (sum(map(ran, pids)), _own()), time.perf_counter()
        count = sum(len(batch["key"]) for batch in loader)
        seconds = time.perf_counter() - started
        if epoch:
            own = [after - first for after, first in zip((sum(map(ran, pids)), _own()), before, strict=True)]
            found.append(Epoch(count / seconds, *(_MICRO * one / count for one in own)))
    return found


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--num-workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    print(f"clips of 49 frames, in batches of {_BATCH}, medians of {options.epochs} epochs, on {os.cpu_count()} CPUs\n")
    print("| workers | samples/s | CPU µs a sample in workers | in the training process |\n|---|---|---|---|")
    for workers in options.num_workers:
        rate, own, main = (
            median(values) for values in zip(*deliver(options.output, workers, options.epochs), strict=True)
        )
        print(f"| {workers} | {rate:,.0f} | {own:.0f} | {main:.0f} |")


if __name__ == "__main__":
    main()

"""What `vwd.stream` delivers on a GPU: the second part of `loaders.py`, with --device cuda."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from vwd.stream import ShardDataset, prefetch

_SECONDS = 6.0
_RENDERS = 20
_EPOCHS = 4


@dataclass(frozen=True)
class Case:
    """Videos as a training loop wants them on the GPU."""

    name: str
    options: dict[str, Any]
    batch: int = 32


_GREY = {"channels": 1}
_COLOUR = {"channels": 3, "contiguous": True, "dtype": "bfloat16"}
_PAGES = [
    Case("device, whole videos, 1 channel, uint8", {"source": "device", **_GREY}),
    Case("device, 49 frames, 1 channel, uint8", {"source": "device", "frames": 49, **_GREY}),
    Case("device, 49 frames, 3 channels, bfloat16", {"source": "device", "frames": 49, **_COLOUR}),
    Case("device, 49 frames of 426x240, uint8", {"source": "device", "frames": 49, "size": "426x240", **_GREY}),
]
_PIXELS = [
    Case("storyboard, whole videos, 1 channel, uint8", {"source": "storyboard", **_GREY}, 8),
    Case("storyboard, 49 frames, 1 channel, uint8", {"source": "storyboard", "frames": 49, **_GREY}, 8),
    Case("storyboard, 49 frames, 3 channels, uint8", {"source": "storyboard", "frames": 49}, 8),
    Case("the same, copied", {"source": "storyboard", "frames": 49, "contiguous": True}, 8),
]


def report(output: str, device: str, workers: int) -> None:
    """Prints what arrives on a device, and how fast it draws; or that it is not there."""
    if device.startswith("cuda") and not torch.cuda.is_available():
        print(f"| {device} | not measured: torch {torch.__version__} sees no GPU on this machine |\n")
        return
    if not device.startswith("cuda"):
        return
    print(f"{torch.cuda.get_device_name(device)}, torch {torch.__version__}, {workers} workers, pinned, prefetched\n")
    _table(output, device, _PAGES, workers)
    _render_alone(output, device)
    _memory(output, device, workers)
    _table(output, device, _PIXELS, workers)


def _table(output: str, device: str, cases: list[Case], workers: int) -> None:
    print("| | batch | samples/s | values/s (10^9) | bytes a sample that travel |\n|---|---|---|---|---|")
    for case in cases:
        rate, values, travelling = _delivered(output, device, case, workers)
        print(
            f"| {case.name} | {case.batch} | {rate:,.0f} | {rate * values / 1e9:,.1f} | {travelling:,.0f} |", flush=True
        )
    print()


def _loader(output: str, case: Case, workers: int) -> tuple[ShardDataset, Any]:
    data = ShardDataset(output, remainder="drop", **case.options)
    loader = torch.utils.data.DataLoader(
        data,
        case.batch,
        num_workers=workers,
        pin_memory=True,
        persistent_workers=True,
        prefetch_factor=4 if case.batch > 8 else 2,
        drop_last=True,
    )
    return data, loader


def _delivered(output: str, device: str, case: Case, workers: int) -> tuple[float, int, float]:
    """Samples a second, pixel values of a sample, and bytes of one in host memory."""
    data, loader = _loader(output, case, workers)
    first = next(iter(loader))
    travelling = sum(getattr(v, "nbytes", 0) if not isinstance(v, torch.Tensor) else v.untyped_storage().nbytes()
                     for v in first.values()) / case.batch  # fmt: skip
    samples, started, values = 0, 0.0, 0
    for batch in _epochs(data, prefetch(loader, device)):
        if not started:  # kernels are compiled, and workers are there
            torch.cuda.synchronize(device)
            started, values = time.perf_counter(), batch["video"][0].numel()
            continue
        samples += len(batch["video"])
        if time.perf_counter() - started > _SECONDS:
            break
    torch.cuda.synchronize(device)
    return samples / (time.perf_counter() - started), values, travelling


def _epochs(data: ShardDataset, loader: Any) -> Iterator[Any]:
    for epoch in range(1 << 20):
        data.set_epoch(epoch)
        yield from loader


def _render_alone(output: str, device: str) -> None:
    """GB/s that rendering writes, next to filling memory."""
    written = (1 << 32) / _timed(lambda: torch.full((1 << 32,), 7, dtype=torch.uint8, device=device))
    print(f"the render alone, batches of 32; filling memory writes {written / 1e9:,.0f} GB/s\n")
    print("| | samples/s | GB/s | of filling memory |\n|---|---|---|---|")
    whole: dict[str, Any] = {"frames": "all"}
    for name, options in (
        ("whole videos, 1 channel, uint8", {**whole, **_GREY}),
        ("49 frames, 1 channel, uint8", {"frames": 49, **_GREY}),
        ("whole videos, 3 channels, bfloat16", {**whole, **_COLOUR}),
        ("whole videos, 3 channels, float32, thwc", {**whole, **_COLOUR, "dtype": "float32", "layout": "thwc"}),
        ("49 frames of 320x180, 1 channel, uint8", {"frames": 49, "size": "320x180", **_GREY}),
        ("49 frames of 426x240, 1 channel, uint8", {"frames": 49, "size": "426x240", **_GREY}),
    ):
        data = ShardDataset(output, source="device", **options)
        batch = min(32, len(data))
        pages = next(iter(torch.utils.data.DataLoader(data, batch)))["pages"].to(device)
        size = pages.render().nbytes
        seconds = _timed(pages.render)
        rate = size / seconds
        print(f"| {name} | {batch / seconds:,.0f} | {rate / 1e9:,.0f} | {rate / written:.0%} |", flush=True)
    print()


def _timed(work: Callable[[], Any]) -> float:
    """Seconds of GPU time that a call takes: the median."""
    seconds: list[float] = []
    for _ in range(_RENDERS + 3):
        start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        kept = work()
        stop.record()
        torch.cuda.synchronize()
        del kept
        seconds.append(start.elapsed_time(stop) / 1000)
    return sorted(seconds[3:])[_RENDERS // 2]


def _memory(output: str, device: str, workers: int) -> None:
    """Prints the peak memory on the GPU, and of this process, after each epoch."""
    data, loader = _loader(output, _PAGES[1], workers)
    peaks = []
    for epoch in range(_EPOCHS):
        data.set_epoch(epoch)
        for _ in prefetch(loader, device):
            pass
        host = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        peaks.append(f"{torch.cuda.max_memory_allocated(device) / 1e6:.0f} + {host:.0f}")
    print(f"largest memory after each of {_EPOCHS} epochs, GPU + process, MB: {', '.join(peaks)}\n")

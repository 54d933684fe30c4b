"""Compares training data loaders: the usual code with webdataset and PyAV, datasets with torchcodec, and `vwd.stream`.

    python tools/bench/loaders.py OUT/gsm8k --device cuda

The loaders run in turn, in one process. Measures CPU time of all processes next to wall-clock time: machines are
noisy; quote the ratios. Figures are medians over the rounds. Also measures memory over several epochs, the work of a
worker by its parts, and start-up over many shards (with a synthetic ledger).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import torch
import worker
from gpu import report

from vwd.shards.checksums import checksums_length
from vwd.shards.ledger import open_ledger
from vwd.shards.paths import find_outputs
from vwd.shards.sizes import SampleSizes, format_sizes, parse_sizes, tar_bytes
from vwd.stream import ShardDataset, prefetch
from vwd.stream.source import open_source

# A batch of complete videos in RGB takes half a gigabyte.
_BATCH = 4


@dataclass
class Contender:
    """A loader under test, and its seconds a sample in each round so far.

    Attributes:
        make_loader: takes the number of samples and of workers.
        times: how many times as many samples it reads as the others, where these take it little time.
    """

    name: str
    make_loader: Callable[[int, int], Any]
    times: int = 1
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def run(self, count: int, workers: int) -> None:
        """Reads about `count` samples."""
        count *= self.times
        cpu, wall, read = _cpu(), time.perf_counter(), 0
        for batch in self.make_loader(count, workers):
            read += len(batch["key"])
            if read >= count:
                break
        del batch
        self.wall.append((time.perf_counter() - wall) / read)
        self.cpu.append((_cpu() - cpu) / read)


def _cpu() -> float:
    """CPU seconds of this process and of its children that have exited."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _limited(items: Any, count: int) -> Iterator[Any]:
    """This worker's share of the first `count` samples."""
    worker = torch.utils.data.get_worker_info()
    share = -(-count // (worker.num_workers if worker else 1))
    for number, item in enumerate(items):
        if number >= share:
            return
        yield item


class PyavDataset(torch.utils.data.IterableDataset):  # type: ignore[misc]
    """webdataset reads the shards; PyAV converts every frame to RGB."""

    def __init__(self, output: str, count: int) -> None:
        self.urls = [shard.address for shard in open_source(output).shards]
        self.count = count

    def __iter__(self) -> Iterator[Any]:
        import av
        import numpy as np
        import webdataset

        for key, video, text in _limited(
            webdataset.WebDataset(self.urls, shardshuffle=False).to_tuple("__key__", "mp4", "inference.json"),
            self.count,
        ):
            with av.open(io.BytesIO(video)) as container:
                frames = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
            yield {
                "video": torch.from_numpy(frames).permute(0, 3, 1, 2),
                "prompt": json.loads(text)["prompt"],
                "key": key,
            }


class TorchcodecDataset(torch.utils.data.IterableDataset):  # type: ignore[misc]
    """Hugging Face datasets reads the shards; torchcodec decodes them."""

    def __init__(self, output: str, count: int) -> None:
        self.urls = [shard.address for shard in open_source(output).shards]
        self.count = count

    def __iter__(self) -> Iterator[Any]:
        from datasets import load_dataset

        data = load_dataset("webdataset", data_files=self.urls, split="train", streaming=True)
        for sample in _limited(data, self.count):
            frames = sample["mp4"].get_frames_in_range(0, len(sample["mp4"])).data
            yield {"video": frames, "prompt": sample["inference.json"]["prompt"], "key": sample["__key__"]}


def contenders(output: str) -> list[Contender]:
    def loader(make: Callable[[str, int], Any]) -> Callable[[int, int], Any]:
        return lambda count, workers: torch.utils.data.DataLoader(
            make(output, count), batch_size=_BATCH, num_workers=workers
        )

    def stream(drawn: bool = True, batch: int = _BATCH, **options: Any) -> Callable[[int, int], Any]:
        data = ShardDataset(output, **options)

        def limited(count: int, workers: int) -> Any:
            data.set_epoch(data.progress.epoch + 1)
            batches = torch.utils.data.DataLoader(
                data, batch, sampler=range(min(count, len(data))), num_workers=workers
            )
            return prefetch(batches, "cpu") if drawn else batches

        return limited

    others = [Contender("webdataset + PyAV, rgb24", loader(PyavDataset))]
    if find_spec("torchcodec"):
        others.append(Contender("datasets + torchcodec", loader(TorchcodecDataset)))
    else:
        print("datasets + torchcodec: skipped, torchcodec is not installed\n")
    return [
        *others,
        Contender("vwd.stream, all frames", stream()),
        Contender("vwd.stream, 49 frames", stream(frames=49)),
        Contender("vwd.stream, storyboard, all frames", stream(source="storyboard")),
        Contender("vwd.stream, device, drawn on the CPU, all frames", stream(source="device")),
        Contender("vwd.stream, storyboard, 49 frames", stream(source="storyboard", frames=49)),
        Contender("vwd.stream, device, drawn on the CPU, 49 frames", stream(source="device", frames=49)),
        Contender("vwd.stream, device, pages alone", stream(False, source="device"), 20),
        Contender("vwd.stream, device, pages alone, batches of 32", stream(False, 32, source="device"), 20),
    ]


def compare(output: str, count: int, rounds: int, workers: int) -> None:
    loaders = contenders(output)
    setting = f"{workers} workers" if workers else "one process on one core"
    print(f"{setting}, batches of {_BATCH}, medians of {rounds}, on {os.cpu_count()} CPUs\n")
    print("| | CPU ms a sample | samples/CPU s | samples/s | times the first, by CPU | by the clock |")
    print("|---|---|---|---|---|---|")
    for _ in range(rounds):
        for loader in loaders:
            loader.run(count, workers)
    first_cpu, first_wall = median(loaders[0].cpu), median(loaders[0].wall)
    for loader in loaders:
        cpu, wall = median(loader.cpu), median(loader.wall)
        print(
            f"| {loader.name} | {1000 * cpu:.2f} | {1 / cpu:.1f} | {1 / wall:.1f} "
            f"| {first_cpu / cpu:.1f} | {first_wall / wall:.1f} |"
        )
    print()


def start_up(output: str, shards: int) -> None:
    """Times opening a dataset of many shards of 1,000 samples, each a copy of one entry of a real ledger."""
    paths = find_outputs(Path(output))[0]
    ledger = open_ledger(paths)
    entry = next(found.entry for found in ledger.read() if found.entry and found.entry.samples)
    full = ledger.lookup(entry.number).entry  # `read` omits the sizes
    assert full is not None
    members = next(parse_sizes(full.sizes)).members
    contract = json.loads(paths.contract.read_bytes()) | {"rows": shards * 1000, "shard_size": 1000}
    checksums = "A" * checksums_length(1000, len(open_ledger(paths).contract.members))
    record = entry.to_json() | {"samples": 1000, "skips": {}, "whole": True, "checksums": checksums}
    record.pop("contract", None)  # as older entries, which go with any
    record["bytes"] = tar_bytes([SampleSizes(0, members)] * 1000)
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp) / paths.dataset
        (folder / "ledger").mkdir(parents=True)
        (folder / "pack.json").write_text(json.dumps(contract))
        for number in range(shards):
            name = paths.shard_name(number)
            rows = range(number * 1000, (number + 1) * 1000)
            place = {"number": number, "start": rows.start, "stop": rows.stop}
            sizes = {"sizes": format_sizes(SampleSizes(row, members) for row in rows)}
            (folder / "ledger" / f"{name}.json").write_text(json.dumps({**record, **place, **sizes}))
            with (folder / f"{name}.tar").open("wb") as tar:
                tar.seek(record["bytes"] - 1)
                tar.write(b"1")
        started = time.perf_counter()
        data = ShardDataset(folder)
        print(f"start over {shards:,} shards of 1,000 samples ({len(data):,}): {time.perf_counter() - started:.1f} s\n")


def memory(output: str, epochs: int) -> None:
    """Prints this process's peak memory after each epoch."""
    data = ShardDataset(output, frames=49, source="storyboard")
    loader = torch.utils.data.DataLoader(data, batch_size=_BATCH)
    peaks = []
    for epoch in range(epochs):
        data.set_epoch(epoch)
        for _ in loader:
            pass
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(f"largest memory after each of {epochs} epochs, MB: {', '.join(f'{peak:.0f}' for peak in peaks)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--num-samples", type=int, default=40, help="samples per round (default: 40)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default: 3)")
    parser.add_argument("--num-workers", type=int, default=2, help="loader processes (default: 2)")
    parser.add_argument("--shards", type=int, default=10_000, help="shards in the synthetic ledger (default: 10,000)")
    parser.add_argument("--device", default="cpu", help="cuda: measure what arrives there, too (default: cpu)")
    parser.add_argument("--only-device", action="store_true", help="nothing but that")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="This DataLoader will create")

    report(options.output, options.device, options.num_workers)
    worker.report(options.output, options.rounds)
    if options.only_device:
        return
    memory(options.output, 4)
    start_up(options.output, options.shards)
    compare(options.output, options.num_samples, options.rounds, options.num_workers)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    compare(options.output, options.num_samples, options.rounds, 0)


if __name__ == "__main__":
    main()

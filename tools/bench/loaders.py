"""Training data, side by side, in turn: what a user would write with webdataset and PyAV, and `vwd.stream`.

    python tools/bench/loaders.py OUT/gsm8k

CPU time of all processes beside wall-clock time, since machines are noisy; the ratios are what to quote. Then, the
start over many shards (a ledger made up for it), and the memory over an epoch.
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
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from vwd.shards.ledger import read_ledger
from vwd.shards.paths import find_outputs
from vwd.stream import ShardDataset
from vwd.stream.source import open_source

# A batch of whole videos as RGB takes half a gigabyte already.
_BATCH = 4


@dataclass
class Contender:
    """A way of loading: what it took so far."""

    name: str
    loader: Callable[[int], Any]
    samples: int = 0
    cpu: float = 0.0
    wall: float = 0.0

    def run(self, count: int, workers: int) -> None:
        """Takes about `count` samples."""
        cpu, wall, taken = _cpu(), time.perf_counter(), 0
        for batch in self.loader(workers):
            taken += len(batch["video"])
            if taken >= count:
                break
        del batch
        self.wall += time.perf_counter() - wall
        self.cpu += _cpu() - cpu
        self.samples += taken


def _cpu() -> float:
    """Seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _limited(items: Any, count: int) -> Iterator[Any]:
    """The first `count` samples of this worker's share of an epoch."""
    worker = torch.utils.data.get_worker_info()
    share = -(-count // (worker.num_workers if worker else 1))
    for number, item in enumerate(items):
        if number >= share:
            return
        yield item


class Plain(torch.utils.data.IterableDataset):  # type: ignore[misc]
    """Shards read by webdataset, every frame converted to RGB by PyAV."""

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


class Hub(torch.utils.data.IterableDataset):  # type: ignore[misc]
    """Shards read by Hugging Face datasets, decoded by torchcodec."""

    def __init__(self, output: str, count: int) -> None:
        self.urls = [shard.address for shard in open_source(output).shards]
        self.count = count

    def __iter__(self) -> Iterator[Any]:
        from datasets import load_dataset

        data = load_dataset("webdataset", data_files=self.urls, split="train", streaming=True)
        for sample in _limited(data, self.count):
            frames = sample["mp4"].get_frames_in_range(0, len(sample["mp4"])).data
            yield {"video": frames, "prompt": sample["inference.json"]["prompt"], "key": sample["__key__"]}


def contenders(output: str, count: int) -> list[Contender]:
    def loader(make: Callable[[], Any]) -> Callable[[int], Any]:
        return lambda workers: torch.utils.data.DataLoader(make(), batch_size=_BATCH, num_workers=workers)

    def ours(**options: Any) -> Callable[[int], Any]:
        def make() -> Any:
            data = ShardDataset(output, **options)
            return torch.utils.data.Subset(data, range(min(count, len(data))))

        return loader(make)

    found = [Contender("webdataset + PyAV, rgb24", loader(lambda: Plain(output, count)))]
    if find_spec("torchcodec"):
        found.append(Contender("datasets + torchcodec", loader(lambda: Hub(output, count))))
    else:
        print("datasets + torchcodec: left out, torchcodec is not installed\n")
    return [
        *found,
        Contender("vwd.stream, all frames", ours()),
        Contender("vwd.stream, 49 frames", ours(frames=49)),
        Contender("vwd.stream, storyboard, all frames", ours(source="storyboard")),
        Contender("vwd.stream, storyboard, 49 frames", ours(source="storyboard", frames=49)),
    ]


def compare(output: str, count: int, rounds: int, workers: int) -> None:
    where = f"{workers} workers" if workers else "one process on one core"
    print(f"{where}, batches of {_BATCH}\n")
    print("| | CPU ms a sample | samples/CPU s | samples/s | times the first, by CPU | by the clock |")
    print("|---|---|---|---|---|---|")
    running = contenders(output, count)
    for _ in range(rounds):
        for one in running:
            one.run(count, workers)
    first = running[0]
    for one in running:
        by_cpu = first.cpu / first.samples * one.samples / one.cpu
        by_clock = first.wall / first.samples * one.samples / one.wall
        print(
            f"| {one.name} | {1000 * one.cpu / one.samples:.1f} | {one.samples / one.cpu:.1f} "
            f"| {one.samples / one.wall:.1f} | {by_cpu:.1f} | {by_clock:.1f} |"
        )
    print()


def start_up(output: str, shards: int) -> None:
    """Opens a dataset of many shards of 1000 samples, made up from the first entry of a real one."""
    paths = find_outputs(Path(output))[0]
    entry = next(entry for _, _, entry in read_ledger(paths) if entry and entry.samples)
    told = entry.to_json()
    told |= {"start": 0, "stop": 1000, "samples": 1000, "skips": {}}
    told["sizes"] = " ".join([told["sizes"].split()[0]] * 1000)
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp) / paths.dataset
        (folder / "ledger").mkdir(parents=True)
        (folder / "pack.json").write_bytes(paths.contract.read_bytes())
        for number in range(shards):
            name = paths.shard_name(number)
            (folder / "ledger" / f"{name}.json").write_text(json.dumps({**told, "number": number}))
            with (folder / f"{name}.tar").open("wb") as tar:
                tar.truncate(told["bytes"])
        started = time.perf_counter()
        data = ShardDataset(folder)
        print(f"start over {shards:,} shards of 1,000 samples ({len(data):,}): {time.perf_counter() - started:.1f} s\n")


def memory(output: str, epochs: int) -> None:
    """The most memory this process has held after each epoch of all samples."""
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
    parser.add_argument("--num-samples", type=int, default=40, help="a round (default: 40)")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--num-workers", type=int, default=2, help="default: 2")
    parser.add_argument("--shards", type=int, default=10_000, help="of the made-up ledger (default: 10,000)")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="This DataLoader will create")

    memory(options.output, 4)
    start_up(options.output, options.shards)
    compare(options.output, options.num_samples, options.rounds, options.num_workers)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    compare(options.output, options.num_samples, options.rounds, 0)


if __name__ == "__main__":
    main()

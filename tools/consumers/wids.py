"""Reads every sample with wids, webdataset's indexed reader (up to webdataset 0.2.111).

python tools/consumers/wids.py OUT [--env DIR]
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

sys.path.pop(0)  # this folder: its files have the same names as the packages they import
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.consumers.environment import Consumer, Findings, run
from tools.consumers.output import MismatchError, Output, Seen, compare


def check(output: Output) -> Findings:
    """Every sample by its index: in order, in random order, and in that of wids's sampler."""
    import wids

    with tempfile.TemporaryDirectory() as cache:
        # wids copies the shards into its cache, so nothing is written to OUT.
        index = str(output.folder / "shardindex.json")
        rows = wids.ShardListDataset(index, cache_dir=cache, keep=True, transformations=[])
        yield "samples", compare(_seen(rows, range(len(rows))), output)
        keys = list(output.samples)
        shuffled = random.Random(0).sample(range(len(rows)), len(rows))
        if [rows[n]["__key__"] for n in shuffled] != [keys[n] for n in shuffled]:
            raise MismatchError("an index finds another sample")
        yield "by index", f"{len(shuffled)} in random order"
        sampler = wids.ShardedSampler(rows)
        for epoch in (1, 2):
            order = list(sampler)
            if sorted(order) != list(range(len(rows))) or order == sorted(order):
                raise MismatchError(f"epoch {epoch} of the sampler is not every sample once, shuffled")
        yield "sampler", "two shuffled epochs, each sample once in each"


def _seen(rows: Any, indices: Iterable[int]) -> Iterator[Seen]:
    for n in indices:
        sample = rows[n]
        prompt = json.loads(sample[".inference.json"].read())["prompt"]
        yield Seen(sample["__key__"], prompt, sample[".mp4"].read())


if __name__ == "__main__":
    packages = ("webdataset==0.2.111", "torch==2.13.0", "numpy>=1.24")
    sys.exit(run(Consumer(packages, ("--webdataset", "shardindex.json"), check), __file__))

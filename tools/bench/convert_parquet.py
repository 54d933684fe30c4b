"""Rows a second of CPU time by `vwd convert-parquet`, and by a converter that encodes every image again; what more
workers gain, what their seconds are made of, and what the machine gives as many conversions that share nothing.

python tools/bench/convert_parquet.py [--rows 10000] [--size 640x480] [--workers 1 2] [--shard-size 10000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import webdataset
from PIL import Image
from waiting import Watched, watch

_PICTURES = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--group-rows", type=int, default=100, help="rows of a row group")
    parser.add_argument("--shard-size", type=int, default=10_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1])
    parser.add_argument("--baseline-rows", type=int, default=2000, help="of the other converter")
    parser.add_argument("--rounds", type=int, default=3, help="of all runs, one after another; medians count")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mean = write_rows(folder / "in" / "rows", options.rows, (width, height), options.group_rows)
        print(f"{options.rows:,} rows, JPEG of {options.size}, {mean / 1000:.0f} kB each on average")
        baseline = 0.0
        if options.baseline_rows:
            baseline = rate(options.baseline_rows, lambda: convert_again(folder, options.baseline_rows))
            print(f"verify, decode, encode again: {baseline:.0f} rows a CPU second")
        rounds = [measure(folder, options.workers, options.shard_size) for _ in range(options.rounds)]
    alone = middle([one.runs[1] for one in rounds]).seconds if 1 in options.workers else 0.0
    for workers in options.workers:
        print_run(workers, middle([one.runs[workers] for one in rounds]), options.rows, baseline, alone)
        if alone and workers > 1:
            beside = statistics.median(one.beside[workers] for one in rounds)
            print(f"  {workers} conversions that share nothing: {beside:.2f} s, {workers * alone / beside:.2f} times")


@dataclass(frozen=True)
class Round:
    """A run by each number of workers; and the seconds of as many conversions at once, with a worker each: no program
    can win back what the machine itself does not give.
    """

    runs: Mapping[int, Watched]
    beside: Mapping[int, float]


def measure(folder: Path, numbers: Sequence[int], shard_size: int) -> Round:
    """One round."""
    runs = {workers: convert(folder, workers, shard_size) for workers in numbers}
    return Round(runs, {workers: side_by_side(folder, workers, shard_size) for workers in numbers if workers > 1})


def side_by_side(folder: Path, count: int, shard_size: int) -> float:
    """Seconds until so many conversions have ended."""
    with ThreadPoolExecutor(count) as threads:  # they only wait for processes
        runs = threads.map(lambda number: convert(folder, 1, shard_size, f"out{number}"), range(count))
        return max(run.seconds for run in runs)


def middle(runs: Sequence[Watched]) -> Watched:
    """The run with the median time."""
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


def convert(folder: Path, workers: int, shard_size: int, name: str = "out") -> Watched:
    """A conversion into a new folder, which is removed afterwards."""
    out = folder / name
    given = ["--input-dir", str(folder / "in"), "--output-dir", str(out), "--num-workers", str(workers)]
    command = [sys.executable, "-m", "vwd", "convert-parquet", *given, "--max-samples-per-shard", str(shard_size)]
    run = watch([*command, "--log-level", "ERROR"])
    shutil.rmtree(out)
    return run


def print_run(workers: int, run: Watched, rows: int, baseline: float, alone: float) -> None:
    """A line of figures, and one for each worker."""
    times = f", {rows / run.cpu / baseline:.1f} times that" if baseline else ""
    faster = f", {alone / run.seconds:.2f} times as fast as one" if alone and workers > 1 else ""
    print(f"\nvwd convert-parquet, {workers} worker(s): {run.seconds:.2f} s{faster}")
    print(f"  {rows / run.cpu:.0f} rows a CPU second{times}")
    for number, one in enumerate(run.children[-workers:]):
        print(f"  worker {number}: ran {one.ran:.2f} s, waited for a CPU {one.waited:.2f} s, idle {one.idle:.2f} s")
    before = sum(one.ran for one in run.children[:-workers])
    print(f"  before them: {before:.2f} s of looking through the files; the command itself ran {run.parent.ran:.2f} s")


def rate(rows: int, work: Callable[[], object]) -> float:
    """Rows a second of this process's CPU time."""
    before = time.process_time()
    work()
    return rows / (time.process_time() - before)


def write_rows(folder: Path, count: int, size: tuple[int, int], group_rows: int) -> float:
    """Writes Parquet files of rows with photograph-like JPEGs. Returns their mean size in bytes."""
    folder.mkdir(parents=True)
    images = [picture(seed, size) for seed in range(_PICTURES)]
    for first in range(0, count, 2000):
        rows = [
            {
                "id": f"row_{index:06d}",
                "image": {"bytes": images[index % _PICTURES], "path": f"{index}.jpg"},
                "conversations": [
                    {"role": "user", "content": "<image>\nWhat is shown here?"},
                    {"role": "assistant", "content": "A picture of soft colours, with some noise in it."},
                ],
                "data_source": "made",
            }
            for index in range(first, min(first + 2000, count))
        ]
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{first:06d}.parquet", row_group_size=group_rows)
    return sum(map(len, images)) / _PICTURES


def picture(seed: int, size: tuple[int, int]) -> bytes:
    """A JPEG of as many bytes a pixel as photographs have."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (size[1] // 16, size[0] // 16, 3), np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)).astype(np.float64)
    noisy = (smooth + random.normal(0, 6, smooth.shape)).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(noisy).save(file, "JPEG", quality=90)
    return file.getvalue()


def convert_again(folder: Path, rows: int) -> None:
    """What a simple converter does on one core: verify the header, decode, encode with quality 95, write with wds."""
    with webdataset.TarWriter(str(folder / "again.tar")) as writer:
        for path in sorted((folder / "in").rglob("*.parquet")):
            for batch in pq.ParquetFile(path).iter_batches(batch_size=1000):
                for _, series in batch.to_pandas().iterrows():
                    if rows <= 0:
                        return
                    rows -= 1
                    writer.write(_sample(series.to_dict()))


def _sample(row: dict[str, Any]) -> dict[str, Any]:
    data = row["image"]["bytes"]
    Image.open(io.BytesIO(data)).verify()
    file = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGB").save(file, "JPEG", quality=95)
    turns = [dict(turn) for turn in row["conversations"]]
    record = {"id": row["id"], "conversations": turns, "data_source": row["data_source"]}
    return {"__key__": row["id"], "json": json.dumps(record, ensure_ascii=False).encode(), "jpg": file.getvalue()}


if __name__ == "__main__":
    main()

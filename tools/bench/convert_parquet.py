"""Rows a second of CPU time by `vwd convert-parquet`, and by a converter that encodes every image again.

python tools/bench/convert_parquet.py [--rows 10000] [--size 640x480] [--workers 1,2]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import webdataset
from PIL import Image

from vwd.records.convert import ConvertSettings, convert_folder

_PICTURES = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--workers", default="1")
    parser.add_argument("--baseline-rows", type=int, default=2000, help="of the other converter")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mean = write_rows(folder / "in" / "rows", options.rows, (width, height))
        print(f"{options.rows:,} rows, JPEG of {options.size}, {mean / 1000:.0f} kB each on average")
        baseline = rate(options.baseline_rows, lambda: convert_again(folder, options.baseline_rows))
        print(f"{'verify, decode, encode again':<36} {baseline[0]:6.0f} rows a CPU second {baseline[1]:6.0f} a second")
        for workers in map(int, options.workers.split(",")):
            settings = ConvertSettings(folder / "in", folder / f"out{workers}", num_workers=workers)
            ours = rate(options.rows, lambda chosen=settings: convert_folder(chosen))
            name = f"vwd convert-parquet, {workers} worker(s)"
            print(
                f"{name:<36} {ours[0]:6.0f} rows a CPU second {ours[1]:6.0f} a second: "
                f"{ours[0] / baseline[0]:.1f} and {ours[1] / baseline[1]:.1f} times"
            )


def rate(rows: int, work: Any) -> tuple[float, float]:
    """Rows a second of CPU time, this process's and its children's, and of wall-clock time."""
    started, before = time.perf_counter(), sum(os.times()[:4])
    work()
    return rows / (sum(os.times()[:4]) - before), rows / (time.perf_counter() - started)


def write_rows(folder: Path, count: int, size: tuple[int, int]) -> float:
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
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{first:06d}.parquet", row_group_size=100)
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

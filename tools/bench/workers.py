"""What a second worker brings: `vwd pack` with one and with two workers, in turn.

python tools/bench/workers.py --rows FILE --num-samples N
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def pack(rows: Path, dataset: str, samples: int, workers: int, encoder: str) -> float:
    """Wall-clock seconds of a whole `vwd pack` into a fresh folder."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "vwd", "pack", dataset, "--rows", str(rows), "--out", out]
        command += ["--num-samples", str(samples), "--shard-size", str(max(1, samples // 8))]
        command += ["--num-workers", str(workers), "--encoder", encoder]
        started = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        return time.monotonic() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--dataset", default="gsm8k")
    parser.add_argument("--num-samples", type=int, default=400)
    parser.add_argument("--encoder", default="opencv")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    times: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(options.rounds):
        for workers in times:
            times[workers].append(pack(options.rows, options.dataset, options.num_samples, workers, options.encoder))
    ratio = statistics.median(one / two for one, two in zip(times[1], times[2], strict=True))
    print(f"{options.num_samples} rows, encoder {options.encoder}, {len(os.sched_getaffinity(0))} CPUs\n")
    print("| workers | seconds (median) |\n|---|---|")
    for workers, taken in times.items():
        print(f"| {workers} | {statistics.median(taken):.1f} |")
    print(f"\ntwo workers: {ratio:.2f} times one")


if __name__ == "__main__":
    main()

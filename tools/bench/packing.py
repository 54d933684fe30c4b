"""Compares all of `vwd pack` (rows, layout, video, tar, hash, ledger) with the usual script, and two workers with one.

    python tools/bench/packing.py --rows FILE --num-samples N [--baseline-samples M]

Measures CPU time of all processes; complete runs take turns; quote the ratios.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from redraw import RedrawEncoder
from rows import corpus_of, storyboards

from vwd.corpora.sources.open import open_file
from vwd.video.spec import VideoSpec


@dataclass(frozen=True)
class Run:
    """One run: wall-clock and CPU seconds, and the memory of its largest process in megabytes."""

    wall: float
    cpu: float
    peak: float


def pack(rows: Path, dataset: str, samples: int, workers: int, encoder: str) -> Run:
    """Runs `vwd pack` into an empty folder."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "vwd", "pack", dataset, "--rows", str(rows), "--out", out]
        command += ["--num-samples", str(samples), "--shard-size", str(max(1, samples // 8))]
        command += ["--num-workers", str(workers), "--encoder", encoder]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Run(time.monotonic() - started, cpu, after.ru_maxrss / 1024)


def baseline(rows: Path, samples: int) -> float:
    """CPU seconds per sample of the usual script: redraw every frame, write with OpenCV, save the file."""
    spec, encoder = VideoSpec(), RedrawEncoder()
    boards = storyboards(rows, samples, spec)
    with tempfile.TemporaryDirectory() as out:
        started = time.process_time()
        for number, board in enumerate(boards):
            Path(out, f"{number}.mp4").write_bytes(encoder.encode(board, spec))
        return (time.process_time() - started) / len(boards)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--num-samples", type=int, default=1000)
    parser.add_argument("--baseline-samples", type=int, default=40)
    parser.add_argument("--encoder", default="mpeg4")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    dataset = corpus_of(open_file(options.rows)).name

    script: list[float] = []
    runs: dict[int, list[Run]] = {1: [], 2: []}
    for _ in range(options.rounds):
        script.append(baseline(options.rows, options.baseline_samples))
        for workers, results in runs.items():
            results.append(pack(options.rows, dataset, options.num_samples, workers, options.encoder))
    cpu = [run.cpu / options.num_samples for run in runs[1]]
    print(
        f"{options.num_samples} rows of {options.rows.name}, encoder {options.encoder}, medians of {options.rounds}\n"
    )
    print("| | CPU ms a sample | wall s | largest process MB |\n|---|---|---|---|")
    print(f"| redraw + cv2, one file a video | {statistics.median(script) * 1000:.1f} | | |")
    for workers, results in runs.items():
        milliseconds = statistics.median(run.cpu for run in results) / options.num_samples * 1000
        wall, peak = statistics.median(run.wall for run in results), max(run.peak for run in results)
        print(f"| vwd pack, {workers} worker(s) | {milliseconds:.1f} | {wall:.1f} | {peak:.0f} |")
    ratio = statistics.median(a / b for a, b in zip(script, cpu, strict=True))
    second = statistics.median(a.wall / b.wall for a, b in zip(runs[1], runs[2], strict=True))
    print(f"\nvwd pack: {ratio:.1f} times the script's samples a CPU second")
    print(f"two workers: {second:.2f} times one, on {len(os.sched_getaffinity(0))} CPUs")


if __name__ == "__main__":
    main()

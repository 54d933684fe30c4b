"""Compares all of `vwd pack` (rows, layout, video, tar, hash, ledger) with the usual script, and two workers with one.

    python tools/bench/packing.py --rows FILE [FILE ...] --num-samples N [--baseline-samples M] [--before CHECKOUT]

Measures CPU time of all processes, start-up included; complete runs take turns; quote the ratios.
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


@dataclass(frozen=True)
class Variant:
    """A way of packing: how many workers, with which kernel ("" for the default), from which checkout."""

    name: str
    workers: int = 1
    kernel: str = ""
    checkout: Path | None = None


def pack(rows: Path, dataset: str, samples: int, encoder: str, variant: Variant) -> Run:
    """Runs `vwd pack` into an empty folder."""
    environment = {**os.environ, "VWD_KERNEL": variant.kernel}
    if variant.checkout:
        environment["PYTHONPATH"] = str(variant.checkout)
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "vwd", "pack", dataset, "--rows", str(rows.resolve()), "--out", out]
        command += ["--num-samples", str(samples), "--shard-size", str(max(1, samples // 8))]
        command += ["--num-workers", str(variant.workers), "--encoder", encoder]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(command, check=True, capture_output=True, env=environment, cwd=variant.checkout)
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


def compare(rows: Path, samples: int, options: argparse.Namespace) -> None:
    """All ways of packing these rows, in turn; prints the medians."""
    dataset = corpus_of(open_file(rows)).name
    variants = [Variant("vwd pack, 1 worker"), Variant("vwd pack, 2 workers", workers=2)]
    if options.encoder == "mpeg4":
        variants.append(Variant("vwd pack, 1 worker, Python kernel", kernel="python"))
    if options.before:
        variants.append(Variant("before, 1 worker", checkout=options.before.resolve()))
    script: list[float] = []
    runs: dict[Variant, list[Run]] = {variant: [] for variant in variants}
    for _ in range(options.rounds):
        script.append(baseline(rows, options.baseline_samples))
        for variant, results in runs.items():
            results.append(pack(rows, dataset, samples, options.encoder, variant))
    print(f"{samples} rows of {rows.name}, encoder {options.encoder}, medians of {options.rounds}\n")
    print("| | CPU ms a sample | times the script | wall s | largest process MB |\n|---|---|---|---|---|")
    print(f"| redraw + cv2, one file a video | {statistics.median(script) * 1000:.1f} | 1.0 | | |")
    for variant, results in runs.items():
        milliseconds = statistics.median(run.cpu for run in results) / samples * 1000
        ratio = statistics.median(a * samples / run.cpu for a, run in zip(script, results, strict=True))
        wall, peak = statistics.median(run.wall for run in results), max(run.peak for run in results)
        print(f"| {variant.name} | {milliseconds:.2f} | {ratio:.1f} | {wall:.1f} | {peak:.0f} |")
    one, two, *_ = runs.values()
    second = statistics.median(a.wall / b.wall for a, b in zip(one, two, strict=True))
    print(f"\ntwo workers: {second:.2f} times one, on {len(os.sched_getaffinity(0))} CPUs\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, nargs="+", required=True, help="files of one corpus each")
    parser.add_argument("--num-samples", type=int, default=1000)
    parser.add_argument("--baseline-samples", type=int, default=40)
    parser.add_argument("--encoder", default="mpeg4")
    parser.add_argument("--before", type=Path, help="a checkout of an older version, to compare with in the same run")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for rows in options.rows:
        compare(rows, min(options.num_samples, open_file(rows).count or options.num_samples), options)


if __name__ == "__main__":
    main()

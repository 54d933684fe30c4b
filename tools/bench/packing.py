"""Compares all of `vwd pack` (rows, layout, video, tar, hash, ledger) with the usual script, and many workers with one.

    python tools/bench/packing.py --rows FILE [FILE ...] --num-samples N [--workers 2 4 8] [--long-turns]
        [--before CHECKOUT]

Measures CPU time of all processes, start-up included; complete runs take turns; quote the ratios. What is by the clock
says something only where nothing else runs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from encoders import Totals
from redraw import RedrawEncoder
from rows import corpus_of, storyboards

from vwd.corpora.sources.open import open_file
from vwd.video.encoders import get_encoder
from vwd.video.spec import VideoSpec

_SHARDS = 8


@dataclass(frozen=True)
class Run:
    """One run: wall-clock and CPU seconds, and the memory of its largest process in megabytes."""

    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True)
class Variant:
    """A way of packing: how many workers and shards, with which kernel ("" for the default), from which checkout."""

    name: str
    workers: int = 1
    shards: int = _SHARDS
    kernel: str = ""
    checkout: Path | None = None


@dataclass(frozen=True)
class Measured:
    """All runs over the same rows, by variant; `script`: CPU seconds a sample of the usual script, round by round."""

    samples: int
    script: list[float]
    runs: dict[Variant, list[Run]]

    def median(self, variant: Variant, value: Callable[[Run], float]) -> float:
        return statistics.median(map(value, self.runs[variant]))

    def times_script(self, variant: Variant) -> float:
        pairs = zip(self.script, self.runs[variant], strict=True)
        return statistics.median(script * self.samples / run.cpu for script, run in pairs)

    def against(self, variant: Variant, other: Variant, value: Callable[[Run], float]) -> float:
        """A variant's value as a multiple of another's, round by round."""
        pairs = zip(self.runs[variant], self.runs[other], strict=True)
        return statistics.median(value(a) / value(b) for a, b in pairs)


def pack(rows: Path, dataset: str, samples: int, encoder: str, variant: Variant) -> Run:
    """Runs `vwd pack` into an empty folder."""
    environment = {**os.environ, "VWD_KERNEL": variant.kernel}
    if variant.checkout:
        environment["PYTHONPATH"] = str(variant.checkout)
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "vwd", "pack", dataset, "--rows", str(rows.resolve()), "--out", out]
        command += ["--num-samples", str(samples), "--shard-size", str(-(-samples // variant.shards))]
        command += ["--num-workers", str(variant.workers), "--encoder", encoder]
        started = time.monotonic()
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=variant.checkout)
            _, status, usage = os.wait4(process.pid, 0)  # also of the processes that it has waited for
            process.returncode = os.waitstatus_to_exitcode(status)
            log.seek(0)
            if process.returncode:
                raise SystemExit(f"{' '.join(command)}\n{log.read().decode()}")
        return Run(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


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
    alone = Variant("vwd pack, 1 worker")
    many = [Variant(f"vwd pack, {workers} workers", workers) for workers in options.workers]
    shared = [Variant(f"vwd pack, 1 shard, {workers} worker(s)", workers, 1) for workers in (1, 2)]
    others = [Variant("vwd pack, 1 worker, Python kernel", kernel="python")] if options.encoder == "mpeg4" else []
    others += [Variant("before, 1 worker", checkout=options.before.resolve())] if options.before else []
    measured = Measured(samples, [], {variant: [] for variant in (alone, *many, *shared, *others)})
    for _ in range(options.rounds):
        measured.script.append(baseline(rows, options.baseline_samples))
        for variant, results in measured.runs.items():
            results.append(pack(rows, dataset, samples, options.encoder, variant))
    print(f"{samples} rows of {rows.name}, encoder {options.encoder}, medians of {options.rounds}, ", end="")
    print(f"on {len(os.sched_getaffinity(0))} CPUs{', in long turns' if options.long_turns else ''}\n")
    print("| | CPU ms a sample | times the script | wall s | largest process MB |\n|---|---|---|---|---|")
    print(f"| redraw + cv2, one file a video | {statistics.median(measured.script) * 1000:.1f} | 1.0 | | |")
    for variant, results in measured.runs.items():
        milliseconds = measured.median(variant, lambda run: run.cpu) / samples * 1000
        wall, peak = measured.median(variant, lambda run: run.wall), max(run.peak for run in results)
        print(
            f"| {variant.name} | {milliseconds:.2f} | {measured.times_script(variant):.1f} | {wall:.1f} | {peak:.0f} |"
        )
    print("\n| figure | |\n|---|---|")
    for name, value in figures(measured, alone, many, shared):
        print(f"| {name} | {value} |")
    for name, value in encoder_figures(rows, samples, options.encoder, measured):
        print(f"| {name} | {value} |")
    print(flush=True)


def figures(
    measured: Measured, alone: Variant, many: list[Variant], shared: list[Variant]
) -> Iterator[tuple[str, str]]:
    """What workers gain, and what they cost."""
    one, two = shared
    for variant in many:
        by_clock = 1 / measured.against(variant, alone, lambda run: run.wall)
        more = measured.against(variant, alone, lambda run: run.cpu) - 1
        yield f"{variant.workers} workers against one", f"{by_clock:.2f} times as fast by the clock, CPU {more:+.0%}"
    by_clock = 1 / measured.against(two, one, lambda run: run.wall)
    more = measured.against(two, one, lambda run: run.cpu) - 1
    yield "2 workers on one shard against one", f"{by_clock:.2f} times as fast by the clock, CPU {more:+.0%}"


def encoder_figures(rows: Path, samples: int, name: str, measured: Measured) -> Iterator[tuple[str, str]]:
    """The encoder alone, over the same rows twice: the second time it has met everything."""
    spec, encode = VideoSpec(), get_encoder(name).encode
    boards = storyboards(rows, samples, spec)
    first, warm = Totals(name, encode), Totals(name, encode)
    first.run(boards, spec)
    warm.run(boards, spec)
    script = statistics.median(measured.script)
    yield "encoder alone, times the script", f"{first.rate * script:.0f}, warm {warm.rate * script:.0f}"
    mean, worst = first.psnr
    yield "KB a video; PSNR mean, worst", f"{first.size / first.videos / 1000:.0f}; {mean:.1f}, {worst:.1f} dB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, nargs="+", required=True, help="files of one corpus each")
    parser.add_argument("--num-samples", type=int, default=1000)
    parser.add_argument("--baseline-samples", type=int, default=40)
    parser.add_argument("--workers", type=int, nargs="+", default=[2], help="compared with one")
    parser.add_argument("--encoder", default="mpeg4")
    parser.add_argument("--before", type=Path, help="a checkout of an older version, to compare with in the same run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--long-turns",
        action="store_true",
        help="let processes that share a CPU have it for 100 ms each, not for a few: so they do not empty each other's "
        "caches all the time, and cost what they would on CPUs of their own (as root)",
    )
    options = parser.parse_args()
    if options.long_turns:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))  # inherited by all that is run
    for rows in options.rows:
        compare(rows, min(options.num_samples, open_file(rows).count or options.num_samples), options)


if __name__ == "__main__":
    main()

"""Explains what more workers gain: start-up, dearer work, waiting, and what the machine itself gives two processes.

    python tools/bench/scaling.py --rows FILE [--num-samples N] [--workers 2] [--rounds 3]

Everything is by the clock: run it where nothing else runs. `packs side by side` and `hashes side by side` share nothing
but the machine: what they lose, no program can win back.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from packing import Run, Variant, pack
from rows import corpus_of

from vwd.corpora.sources.open import open_file

_HASHED_MB, _CHUNK = 2000, b"\0" * 1_000_000


@dataclass(frozen=True)
class Round:
    """The runs of one round, each by the clock.

    Attributes:
        start: a pack of one row a worker, which is start-up and finishing.
        half: a pack of one worker's part of the rows; `beside` is the slowest of such packs at the same time.
        hash_alone, hash_beside: seconds of hashing in one process, and of the slowest of several at the same time.
    """

    start: Run
    one: Run
    many: Run
    shared_one: Run
    shared_many: Run
    half: Run
    beside: Run
    hash_alone: float
    hash_beside: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--num-samples", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds = [measure(options.rows, options.num_samples, options.workers) for _ in range(options.rounds)]
    print(
        f"{options.num_samples} rows of {options.rows.name}, {options.workers} workers, medians of {options.rounds}\n"
    )
    report(middle(rounds), options.workers)


def measure(rows: Path, samples: int, workers: int) -> Round:
    dataset = corpus_of(open_file(rows)).name

    def run(count: int, workers: int, shards: int) -> Run:
        return pack(rows, dataset, count, "mpeg4", Variant("", workers, shards))

    part = samples // workers
    with ThreadPoolExecutor(workers) as threads:  # they only wait for processes
        start = run(workers, workers, workers)
        one, many = run(samples, 1, 8), run(samples, workers, 8)
        shared_one, shared_many = run(samples, 1, 1), run(samples, workers, 1)
        half = run(part, 1, 4)
        beside = max(threads.map(lambda _: run(part, 1, 4), range(workers)), key=lambda run: run.wall)
    return Round(start, one, many, shared_one, shared_many, half, beside, hash_at_once(1), hash_at_once(workers))


def hash_at_once(processes: int) -> float:
    """Seconds until every one of so many processes has hashed the same amount."""
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        pool.map(_hash, [1] * processes)
        started = time.monotonic()
        pool.map(_hash, [_HASHED_MB] * processes, chunksize=1)
        return time.monotonic() - started


def _hash(megabytes: int) -> None:
    digest = hashlib.sha256()
    for _ in range(megabytes):
        digest.update(_CHUNK)


def middle(rounds: list[Round]) -> Round:
    """The medians of all rounds, value by value."""

    def of(name: str) -> Any:
        values = [getattr(one, name) for one in rounds]
        if isinstance(values[0], Run):
            return Run(*(statistics.median(getattr(value, part.name) for value in values) for part in fields(Run)))
        return statistics.median(values)

    return Round(**{part.name: of(part.name) for part in fields(Round)})


def report(seen: Round, workers: int) -> None:
    print("| | s | |\n|---|---|---|")
    print(f"| 1 worker | {seen.one.wall:.2f} | CPU {seen.one.cpu:.2f} s |")
    report_parts(f"{workers} workers, 8 shards", seen.one, seen.many, seen.start, workers)
    report_parts(f"{workers} workers, 1 shard", seen.shared_one, seen.shared_many, seen.start, workers)
    for name, alone, beside in (
        ("packs", seen.half.wall, seen.beside.wall),
        ("hashes", seen.hash_alone, seen.hash_beside),
    ):
        factor = workers * alone / beside
        print(f"| {workers} {name} side by side | {beside:.2f} | {factor:.2f} times as fast as one after the other |")


def report_parts(name: str, one: Run, many: Run, start: Run, workers: int) -> None:
    """What the seconds of a run with many workers are made of."""
    work, dearer = (one.cpu - start.cpu) / workers, (many.cpu - one.cpu) / workers
    print(f"| {name} | {many.wall:.2f} | {one.wall / many.wall:.2f} times as fast |")
    print(f"| – start-up and finishing | {start.wall:.2f} | nobody shares it |")
    print(f"| – the work of one worker, divided | {work:.2f} | |")
    print(f"| – dearer work | {dearer:.2f} | CPU seconds more than one worker's, divided |")
    print(f"| – waiting, and the rest | {many.wall - start.wall - work - dearer:.2f} | |")


if __name__ == "__main__":
    main()

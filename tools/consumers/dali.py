"""Reads every sample with DALI's webdataset reader, in a pipeline on the CPU.

    python tools/consumers/dali.py OUT [--env DIR]

The videos are not decoded: DALI's CPU decoder supports neither MPEG-4 Part 2 nor H.264.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.pop(0)  # this folder: its files have the same names as the packages they import
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.consumers.environment import Consumer, Findings, run
from tools.consumers.output import MismatchError, Output, Seen, compare


def check(output: Output) -> Findings:
    """Every sample in order; then the samples of two ranks; then a shuffled run that is interrupted and resumed."""
    count = len(output.samples)
    yield "samples", compare(_read(_pipeline(output), count), output)
    parts: list[list[str]] = []
    for rank in (0, 1):
        pipeline = _pipeline(output, rank=rank, ranks=2)
        # With an odd count, DALI gives each rank the larger half, and the ranks overlap: read only the rank's own.
        parts.append([seen.key for seen in _read(pipeline, (rank + 1) * count // 2 - rank * count // 2)])
    if parts[0] + parts[1] != list(output.samples):
        raise MismatchError("two ranks together do not read every sample once")
    yield "two ranks", f"{len(parts[0])} and {len(parts[1])}, each once"
    interrupted, left = _pipeline(output, shuffle=True), count - count // 3
    read = [seen.key for seen in _read(interrupted, count // 3)]
    state = interrupted.checkpoint()
    rest = [seen.key for seen in _read(interrupted, left)]
    resumed = [seen.key for seen in _read(_pipeline(output, shuffle=True, state=state), left)]
    if rest != resumed or sorted(read + resumed) != sorted(output.samples):
        raise MismatchError("resuming does not continue with the samples that were left")
    yield "resumed", f"after {len(read)} of {count}, shuffled: the same {left} follow"


def _pipeline(output: Output, rank: int = 0, ranks: int = 1, shuffle: bool = False, state: Any = None) -> Any:
    from nvidia.dali import Pipeline, fn

    tars = [str(tar) for tar in output.tars]
    pipeline = Pipeline(
        batch_size=1, num_threads=1, device_id=None, prefetch_queue_depth=1, enable_checkpointing=True, checkpoint=state
    )  # fmt: skip
    with pipeline:
        members = fn.readers.webdataset(
            paths=tars, index_paths=[f"{tar[:-4]}.idx" for tar in tars], ext=["mp4", "inference.json"],
            missing_component_behavior="error", shard_id=rank, num_shards=ranks, random_shuffle=shuffle,
            initial_fill=20,
        )  # fmt: skip
        pipeline.set_outputs(*members)
    pipeline.build()
    return pipeline


def _read(pipeline: Any, count: int) -> Iterator[Seen]:
    for _ in range(count):
        video, member = (part.as_array()[0].tobytes() for part in pipeline.run())
        record = json.loads(member)
        yield Seen(Path(record["video_path"]).stem, record["prompt"], video)


if __name__ == "__main__":
    packages = ("nvidia-dali-cuda120==2.4.0", "numpy>=1.24")
    sys.exit(run(Consumer(packages, ("--dali", "*[0-9].idx"), check), __file__))

"""Reads every sample with DALI's webdataset reader, in a pipeline on the CPU.

python tools/consumers/dali.py OUT [--env DIR]

Its CPU video decoder takes neither MPEG-4 Part 2 nor H.264, so that the videos are read and not decoded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.pop(0)  # this folder, whose files are named as the packages are that they import
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.consumers.environment import Consumer, Findings, run
from tools.consumers.output import MismatchError, Output, Seen, compare


def check(output: Output) -> Findings:
    """Every sample in order; then the parts of two ranks; then a shuffled run that is stopped and resumed."""
    count = len(output.samples)
    yield "samples", compare(_take(_pipeline(output), count), output)
    parts: list[list[str]] = []
    for rank in (0, 1):
        pipeline = _pipeline(output, rank=rank, ranks=2)
        # Each rank has a whole half; where they are uneven, the last of one is the first of the next.
        parts.append([seen.key for seen in _take(pipeline, (rank + 1) * count // 2 - rank * count // 2)])
    if parts[0] + parts[1] != list(output.samples):
        raise MismatchError("two ranks do not share the samples")
    yield "two ranks", f"{len(parts[0])} and {len(parts[1])}, each once"
    stopped, left = _pipeline(output, shuffle=True), count - count // 3
    read = [seen.key for seen in _take(stopped, count // 3)]
    state = stopped.checkpoint()
    rest = [seen.key for seen in _take(stopped, left)]
    resumed = [seen.key for seen in _take(_pipeline(output, shuffle=True, state=state), left)]
    if rest != resumed or sorted(read + resumed) != sorted(output.samples):
        raise MismatchError("the samples after a resume are not those that were to come")
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


def _take(pipeline: Any, count: int) -> Iterator[Seen]:
    for _ in range(count):
        video, told = (part.as_array()[0].tobytes() for part in pipeline.run())
        record = json.loads(told)
        yield Seen(Path(record["video_path"]).stem, record["prompt"], video)


if __name__ == "__main__":
    packages = ("nvidia-dali-cuda120==2.4.0", "numpy>=1.24")
    sys.exit(run(Consumer(packages, ("--dali", "*[0-9].idx"), check), __file__))

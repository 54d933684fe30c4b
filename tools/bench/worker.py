"""What a worker of `vwd.stream` does for a sample that is drawn on the device, by its parts: a part of `loaders.py`."""

from __future__ import annotations

import os
import pickle
import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median
from typing import Any

from vwd.shards import word_table
from vwd.stream import ShardDataset, columns, lines, page_table, quick
from vwd.stream.collate import collate
from vwd.stream.parcel import Parcel

_BATCH = 32
_BATCHES = 20

Parts = dict[str, list[float]]


def report(output: str, rounds: int) -> None:
    """Prints CPU time by part, in turn with words that C reads, and with those that Python reads; and their sum."""
    data = ShardDataset(output, source="device", frames=49)
    batches = min(_BATCHES, len(data) // _BATCH)
    if not batches:
        print(f"a worker's parts: not measured, there are fewer than {_BATCH} samples\n")
        return
    native = word_table.native_split()
    found: dict[str, Parts] = {"C": defaultdict(list), "Python": defaultdict(list)}
    for _ in range(rounds):
        for number in range(batches):
            for kernel, parts in found.items():
                split = native if kernel == "C" else word_table.without_c
                _measure(data, range(number * _BATCH, (number + 1) * _BATCH), parts, split)
    built = "" if native is not word_table.without_c else "; vwd.shards._words was not built: both are Python"
    print(f"a worker's CPU time, µs a sample in batches of {_BATCH}, medians, on {os.cpu_count()} CPUs{built}\n")
    print("| part | words read in C | in Python |\n|---|---|---|")
    for part in found["C"]:
        print(f"| {part} | {median(found['C'][part]):.0f} | {median(found['Python'][part]):.0f} |")
    print()


def _measure(data: ShardDataset, positions: range, parts: Parts, split: word_table.Split) -> None:
    """Makes a batch part by part, as `vwd.stream.quick` and the dataset do, and notes the time of each."""
    total = 0.0

    def timed(part: str, work: Callable[[], Any]) -> Any:
        nonlocal total
        started = time.process_time()
        result = work()
        microseconds = (time.process_time() - started) / len(positions) * 1e6
        total += microseconds
        parts[part].append(microseconds)
        return result

    kept, word_table.native_split = word_table.native_split, lambda: split  # type: ignore[assignment]
    try:
        taken = timed("read the members", lambda: [data._take(position) for position in positions])
        batch = [quick.Members(one.members, one.request.task, data._video(one)) for one in taken]
        boards, tables = zip(*timed("parse the JSON", lambda: [quick._board(one) for one in batch]), strict=True)
        atlas = quick.current_atlas()
        words = timed("look words up", lambda: columns.columns_of(boards, tables, atlas))
        timed("check", lambda: (quick._require_ranges(boards), quick._require_consistent(boards, words)))
        numbers = [quick._select(data._format.frames, *one) for one in zip(boards, tables, strict=True)]
        set_lines = timed("set lines", lambda: lines.lines_of_words(words, atlas, numbers))
        timed("build pages", lambda: page_table.build([set_lines], False))
        samples = data._batch_of_pages(taken)
        collated = timed("collate", lambda: collate(samples))
        timed("send", lambda: pickle.dumps(Parcel(collated)))
    finally:
        word_table.native_split = kept
    parts["together"].append(total)

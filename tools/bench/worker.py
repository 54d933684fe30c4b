"""What a worker of `vwd.stream` does for a sample that is drawn on the device, by its parts: a part of `loaders.py`."""

from __future__ import annotations

import os
import pickle
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from statistics import median
from typing import Any

from vwd.shards import word_table
from vwd.shards.vocabulary import current_vocabulary
from vwd.stream import ShardDataset, columns, lines, page_table, quick
from vwd.stream.atlas import current_atlas
from vwd.stream.collate import collate
from vwd.stream.parcel import Parcel

_BATCH = 32
_BATCHES = 20

Parts = dict[str, list[float]]


def report(output: str, rounds: int) -> None:
    """Prints CPU time by part, in turn with what is written in C and with Python in its place; and their sum."""
    data = ShardDataset(output, source="device", frames=49)
    batches = min(_BATCHES, len(data) // _BATCH)
    if not batches:
        print(f"a worker's parts: not measured, there are fewer than {_BATCH} samples\n")
        return
    built = current_vocabulary() is not None and lines.native_lines() is not None
    found: dict[str, Parts] = {"C": defaultdict(list), "Python": defaultdict(list)}
    for turn in range(rounds + 1):
        for number in range(batches):
            for kernel, parts in found.items():
                with _only_python() if kernel == "Python" else nullcontext():
                    _measure(data, range(number * _BATCH, (number + 1) * _BATCH), parts if turn else defaultdict(list))
    note = "" if built else "; the modules in C were not built: both are Python"
    print(f"a worker's CPU time, µs a sample in batches of {_BATCH}, medians, on {os.cpu_count()} CPUs{note}\n")
    print("| part | with C | in Python |\n|---|---|---|")
    for part in found["C"]:
        print(f"| {part} | {median(found['C'][part]):.0f} | {median(found['Python'][part]):.0f} |")
    print()


@contextmanager
def _only_python() -> Iterator[None]:
    """Does without what is written in C."""
    pages: Any = page_table  # which has taken the function from `lines`
    words: Any = word_table
    kept = words.current_vocabulary, lines.native_lines
    found: Any = (lambda: None), (lambda: None)
    try:
        words.current_vocabulary, lines.native_lines = found
        pages.native_lines = found[1]
        yield
    finally:
        words.current_vocabulary, lines.native_lines = kept
        pages.native_lines = kept[1]


def _measure(data: ShardDataset, positions: range, parts: Parts) -> None:
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

    taken = timed("read the members", lambda: list(data._read(positions)))
    batch = [quick.Members(one.members, one.request.task, data._video(one)) for one in taken]
    boards, tables = zip(*timed("parse the JSON", lambda: [quick._board(one) for one in batch]), strict=True)
    atlas = current_atlas()
    words = timed("look words up", lambda: columns.columns_of(boards, tables, atlas))

    def check() -> None:
        quick._require_ranges(boards)
        quick._require_consistent(boards, words)

    timed("check", check)
    numbers = [quick._select(data._format.frames, *one) for one in zip(boards, tables, strict=True)]
    set_lines = timed("set lines", lambda: lines.lines_of_words(words, atlas, numbers))
    timed("build pages", lambda: page_table.build([set_lines], False))
    samples = data._batch_of_pages(taken)
    collated = timed("collate", lambda: collate(samples))
    timed("send", lambda: pickle.dumps(Parcel(collated)))
    parts["together"].append(total)

"""Holding every tar against the ledger: nothing lost, nothing doubled, nothing torn."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from vwd.errors import ShardError
from vwd.hashing import sha256_of
from vwd.shards.contract import read_contract
from vwd.shards.ledger import Entry, State, look_up, read_ledger
from vwd.shards.members import TASKS
from vwd.shards.outputs import tar_numbers
from vwd.shards.paths import OutputPaths, sample_key, sample_video_path
from vwd.shards.read import StoredSample, open_shard
from vwd.video.mp4 import Mp4Error, read_header


@dataclass(frozen=True)
class Problem:
    """One thing that is off: which shard, and what."""

    shard: str
    what: str


@dataclass(frozen=True)
class Verification:
    """What was looked at, and what was found."""

    dataset: str
    shards: int
    samples: int
    problems: tuple[Problem, ...]


def verify(paths: OutputPaths, num_workers: int = 1, on_shard: Callable[[], None] = lambda: None) -> Verification:
    """Opens every tar and holds every member, key, count, hash and video header against the ledger.

    Raises:
        OutputError: the `pack.json` is missing or unreadable.
    """
    contract = read_contract(paths)
    numbers = [number for number, _, _ in read_ledger(paths)]
    strays = sorted(set(tar_numbers(paths)) - set(numbers))
    problems = [Problem(paths.shard_name(n), "a tar without a ledger entry") for n in strays]
    samples = 0
    for found, count in _each(partial(verify_shard, paths, contract), numbers, num_workers):
        problems += found
        samples += count
        on_shard()
    return Verification(paths.dataset, len(numbers), samples, tuple(sorted(problems, key=lambda p: p.shard)))


def _each(
    check: Callable[[int], tuple[list[Problem], int]], numbers: list[int], num_workers: int
) -> Iterator[tuple[list[Problem], int]]:
    if min(num_workers, len(numbers)) <= 1:
        yield from map(check, numbers)
        return
    with ProcessPoolExecutor(num_workers, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(check, numbers)


def verify_shard(paths: OutputPaths, contract: dict[str, Any], number: int) -> tuple[list[Problem], int]:
    """The problems of one shard, and how many samples were looked at."""
    state, entry = look_up(paths, number)
    found = partial(Problem, paths.shard_name(number))
    if entry is None:
        return [found("the ledger entry cannot be read")], 0
    if state is State.TORN:
        return [found(f"the tar is not there with the {entry.bytes} bytes of the ledger")], 0
    if not entry.samples:
        return [], 0
    problems = []
    if sha256_of(paths.tar(number)) != entry.sha256:
        problems.append(found("the sha256 is not the ledger's"))
    keys = []
    try:
        with open_shard(paths.tar(number)) as samples:
            for sample in samples:
                keys.append(sample.key)
                problems += [found(f"{sample.key}: {what}") for what in _sample_problems(paths, contract, sample)]
    except ShardError as error:
        problems.append(found(error.what))
    if keys != _expected_keys(paths, entry):
        problems.append(found(f"{len(keys)} samples whose keys are not the ledger's {entry.samples}"))
    return problems, len(keys)


def _expected_keys(paths: OutputPaths, entry: Entry) -> list[str]:
    skipped = {skip.index for skip in entry.skips}
    return [sample_key(paths.dataset, i) for i in range(entry.start, entry.stop) if i not in skipped]


def _sample_problems(paths: OutputPaths, contract: dict[str, Any], sample: StoredSample) -> Iterator[str]:
    video = contract["video"]
    try:
        header = read_header(sample.read("mp4"))
    except Mp4Error as error:
        yield f"the video is broken: {error}"
        return
    wanted = (video["width"], video["height"], video["frames"], Fraction(video["fps"]))
    if header[1:] != wanted:
        yield "the video has {}x{} pixels, {} frames at {} a second, not {}x{}, {} at {}".format(*header[1:], *wanted)
    told = sample.json("storyboard.json")
    if (told.get("dataset"), told.get("index")) != (paths.dataset, sample.index):
        yield "the storyboard is of another sample"
    for task in TASKS:
        record = sample.json(f"{task}.json")
        if record.get("video_path") != sample_video_path(paths.dataset, sample.key) or not record.get("prompt"):
            yield f"{task}.json does not name this sample's video and prompt"

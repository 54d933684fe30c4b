"""Holding every tar against the ledger: nothing lost, nothing doubled, nothing torn."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from vwd.errors import ShardError
from vwd.hashing import sha256_of
from vwd.index.index import stale
from vwd.inspect.rules import rule_problems
from vwd.shards.contract import read_contract
from vwd.shards.files import local_copy
from vwd.shards.ledger import Entry, State, look_up, read_ledger
from vwd.shards.members import TASKS
from vwd.shards.order import row_numbers
from vwd.shards.outputs import tar_numbers
from vwd.shards.paths import OutputPaths, sample_video_path
from vwd.shards.places import Place, SamplePlaces, places_in, read_sizes
from vwd.shards.read import StoredSample, open_shard
from vwd.video.mp4 import Mp4Error, read_header


@dataclass(frozen=True)
class Problem:
    """One thing that is off: which shard, and what."""

    shard: str
    what: str


@dataclass(frozen=True)
class Verification:
    """What was looked at, and what was found.

    Attributes:
        stale: sidecars that do not say what the ledger says.
    """

    dataset: str
    shards: int
    samples: int
    problems: tuple[Problem, ...]
    stale: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.problems and not self.stale


def verify(paths: OutputPaths, num_workers: int = 1, on_shard: Callable[[], None] = lambda: None) -> Verification:
    """Opens every tar and holds every member, key, count, hash and video header against the ledger.

    Raises:
        OutputError: the `pack.json` is missing or unreadable.
    """
    contract = read_contract(paths)
    ledger = list(read_ledger(paths))
    numbers = [number for number, _, _ in ledger]
    strays = sorted(set(tar_numbers(paths)) - set(numbers))
    problems = [Problem(paths.shard_name(n), "a tar without a ledger entry") for n in strays]
    whole = not problems and all(state is State.DONE for _, state, _ in ledger)
    samples = 0
    for found, count in _each(partial(verify_shard, paths, contract), numbers, num_workers):
        problems += found
        samples += count
        on_shard()
    by_shard = tuple(sorted(problems, key=lambda p: p.shard))
    return Verification(paths.dataset, len(numbers), samples, by_shard, tuple(stale(paths)) if whole else ())


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
    if not _accounts_for_its_rows(contract, entry):
        problems.append(found("the ledger entry's samples and skips are not the rows of this shard"))
    with local_copy(paths.tar(number)) as copy:
        return _tar_problems(paths, contract, entry, copy, problems)


def _tar_problems(
    paths: OutputPaths, contract: dict[str, Any], entry: Entry, copy: Path, problems: list[Problem]
) -> tuple[list[Problem], int]:
    found = partial(Problem, paths.shard_name(entry.number))
    if sha256_of(copy) != entry.sha256:
        problems.append(found("the sha256 is not the ledger's"))
    keys = []
    try:
        expected = {place.key: place for place in places_in(paths, contract, entry)}
        with open_shard(paths.tar(entry.number), copy) as samples:
            for sample in samples:
                keys.append(sample.key)
                if sample.key in expected and not _in_place(sample, expected[sample.key]):
                    problems.append(found(f"{sample.key}: its members are not where the ledger says"))
                problems += [found(f"{sample.key}: {what}") for what in _sample_problems(paths, contract, sample)]
    except ShardError as error:
        problems.append(found(error.what))
    except ValueError:
        return problems, 0
    if keys != list(expected):
        problems.append(found(f"{len(keys)} samples whose keys are not the ledger's {entry.samples}"))
    return problems, len(keys)


def _accounts_for_its_rows(contract: dict[str, Any], entry: Entry) -> bool:
    rows = row_numbers(entry.start, entry.stop, contract["rows"], contract["shuffle_seed"])
    try:
        held = [sample.row for sample in read_sizes(entry.sizes)]
    except ValueError:
        return False
    skipped = {skip.index for skip in entry.skips}
    return held == [row for row in rows if row not in skipped] and len(held) == entry.samples


def _in_place(sample: StoredSample, expected: SamplePlaces) -> bool:
    stored = [(ending, Place(m.offset_data, m.size)) for ending, m in sample.members.items()]
    return stored == list(expected.members.items())


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
    yield from rule_problems(sample)

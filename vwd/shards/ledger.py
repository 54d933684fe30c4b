"""The ledger: one small JSON file a shard, which stands when the shard does."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Any

from vwd.corpora.sample import SkipCode
from vwd.shards.files import json_bytes, whole_file
from vwd.shards.location import is_remote
from vwd.shards.paths import OutputPaths
from vwd.shards.plan import ShardRange
from vwd.shards.reaching import reaching
from vwd.shards.storage import listing, read_all

# Entries that are asked of object storage together.
_BATCH = 256
# Threads that read entries from disk.
_READERS = 8
# An entry and its tar that take longer than this are waited for; from a local disk they take 50 microseconds.
_SLOW_SECONDS = 0.0005
_SIZES = b'"sizes": "'


@dataclass(frozen=True)
class SkippedRow:
    """A row that has no sample, and why."""

    index: int
    code: SkipCode
    detail: str


@dataclass(frozen=True)
class Entry:
    """What is known of a finished shard. Rows are its samples and its skips, all of them.

    Attributes:
        start, stop: its rows, from `start` to `stop` (exclusive).
        whole: False where it was cut short by `--num-samples`.
        bytes, sha256, md5: of the tar; 0 and "" where every row was skipped, and there is no tar.
        sizes: of the members of each sample, as one string (see `vwd.shards.places`).
        seconds: of wall-clock time that the shard took one worker.
        finished: seconds since 1970.
        cache: by what the encoder keeps between videos, how often it was asked for and how often it was there.
        writer: host, process and, under Slurm, job and task.
    """

    number: int
    start: int
    stop: int
    whole: bool
    samples: int
    skips: tuple[SkippedRow, ...]
    bytes: int
    sha256: str
    md5: str
    prompt_tokens: int
    answer_tokens: int
    seconds: float
    finished: float
    sizes: str
    writer: dict[str, str] = field(default_factory=dict)
    cache: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.stop - self.start != self.samples + len(self.skips):
            raise ValueError(f"shard {self.number}: rows are not samples + skips")

    @property
    def skips_by_code(self) -> Counter[str]:
        return Counter(skip.code.value for skip in self.skips)

    def covers(self, shard: ShardRange) -> bool:
        """Whether this shard already holds all rows that are asked for."""
        return self.stop >= shard.stop

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["skips"] = {
            code: [{"index": s.index, "detail": s.detail} for s in self.skips if s.code.value == code]
            for code in sorted(self.skips_by_code)
        }
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Entry:
        skips = [
            SkippedRow(row["index"], SkipCode(code), row["detail"])
            for code, rows in data["skips"].items()
            for row in rows
        ]
        return cls(**{**data, "skips": tuple(sorted(skips, key=lambda s: s.index))})


class State(str, Enum):
    """Of a shard: its entry stands and its tar is there (done), no entry (missing), or they disagree (torn)."""

    DONE = "done"
    MISSING = "missing"
    TORN = "torn"


def write_entry(paths: OutputPaths, entry: Entry) -> None:
    with whole_file(paths.entry(entry.number), paths.temp) as file:
        file.write(json_bytes(entry.to_json()))


def look_up(paths: OutputPaths, number: int) -> tuple[State, Entry | None]:
    """A shard's state, and its entry where that can be read."""
    try:
        with reaching(paths.entry(number)):
            data = paths.entry(number).read_bytes()
    except FileNotFoundError:
        return State.MISSING, None
    return _judge(data, _size(paths.tar(number)))


def look_up_all(
    paths: OutputPaths, numbers: Sequence[int], sizes: bool = True
) -> Iterator[tuple[int, State, Entry | None]]:
    """`look_up` of many shards, in their order. Object storage is asked for many at once.

    Args:
        sizes: False leaves the entries' `sizes` empty. They are nearly all of an entry, so that a ledger of 100,000
            is read in a fraction of the time, and held in a fraction of the memory.
    """
    if is_remote(paths.folder):
        for number, state, entry in _look_up_remote(paths, numbers):
            yield number, state, entry if sizes or entry is None else replace(entry, sizes="")
    elif sizes:
        for number in numbers:
            yield number, *look_up(paths, number)
    else:
        began = time.perf_counter()
        yield from _look_up_light(paths, numbers[:_BATCH])
        waits = time.perf_counter() - began > _BATCH * _SLOW_SECONDS
        rest = [numbers[first : first + _BATCH] for first in range(_BATCH, len(numbers), _BATCH)]
        # A shared file system may take its time for every file: then several are asked for at once. Where it does
        # not, threads would only wait for each other.
        with ThreadPoolExecutor(_READERS if waits else 1) as pool:
            for found in pool.map(partial(_look_up_light, paths), rest):
                yield from found


def _look_up_light(paths: OutputPaths, numbers: Sequence[int]) -> list[tuple[int, State, Entry | None]]:
    """`look_up` of many shards on disk, without their sizes."""
    folder, ledger = paths.folder, paths.ledger
    found: list[tuple[int, State, Entry | None]] = []
    for number in numbers:
        name = paths.shard_name(number)
        data = None
        with suppress(FileNotFoundError), FileIO(ledger / f"{name}.json") as file:
            data = _without_sizes(file.readall())
        found.append((number, *_judge(data, _size(folder / f"{name}.tar"))))
    return found


def _without_sizes(data: bytes) -> bytes:
    """An entry's JSON with its sizes cut out, before anybody parses them. In any other string the quotes differ."""
    start = data.find(_SIZES) + len(_SIZES)
    stop = data.find(b'"', start)
    return data if start < len(_SIZES) or stop < 0 else data[:start] + data[stop:]


def _look_up_remote(paths: OutputPaths, numbers: Sequence[int]) -> Iterator[tuple[int, State, Entry | None]]:
    if not numbers:
        return
    standing, sizes = set(entry_numbers(paths)), listing(paths.folder)
    for first in range(0, len(numbers), _BATCH):
        batch = numbers[first : first + _BATCH]
        listed = [number for number in batch if number in standing]
        contents = dict(zip(listed, read_all([paths.entry(number) for number in listed]), strict=True))
        for number in batch:
            state, entry = _judge(contents.get(number), sizes.get(paths.tar(number).name) or 0)
            # A shard that was finished after the listing looks torn by it.
            yield number, *(look_up(paths, number) if state is State.TORN else (state, entry))


def _judge(data: bytes | None, tar_size: int) -> tuple[State, Entry | None]:
    """A shard's state by what its entry holds; None where there is none."""
    if data is None:
        return State.MISSING, None
    try:
        entry = Entry.from_json(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return State.TORN, None
    return (State.DONE if tar_size == entry.bytes else State.TORN), entry


def _size(tar: Path) -> int:
    try:
        with reaching(tar):
            return tar.stat().st_size
    except FileNotFoundError:
        return 0


def numbered(folder: Path, dataset: str, ending: str) -> list[int]:
    """The numbers of the files in a folder that are named as this dataset's shards are, rising."""
    names = re.compile(rf"{re.escape(dataset)}-(\d{{6,}}){re.escape(ending)}")
    there = listing(folder) if is_remote(folder) else (f.name for f in folder.iterdir()) if folder.is_dir() else ()
    found = map(names.fullmatch, there)
    return sorted(int(name[1]) for name in found if name)


def entry_numbers(paths: OutputPaths) -> list[int]:
    """The numbers of the shards that have an entry, rising."""
    return numbered(paths.ledger, paths.dataset, ".json")


def read_ledger(paths: OutputPaths, sizes: bool = True) -> Iterator[tuple[int, State, Entry | None]]:
    """Number, state and entry of every shard that has an entry, in order; `sizes` as in `look_up_all`."""
    yield from look_up_all(paths, entry_numbers(paths), sizes)

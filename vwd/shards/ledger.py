"""The ledger: one small JSON file a shard, which exists when the shard is complete."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Any

from vwd.corpora.sample import SkipCode
from vwd.shards.paths import OutputPaths, entry_numbers
from vwd.shards.plan import ShardRange
from vwd.storage.atomic import atomic_write, json_bytes
from vwd.storage.errors import storage_errors
from vwd.storage.objects import listing, read_many
from vwd.storage.urls import is_remote

# Entries that are requested from object storage together.
_BATCH = 256
# Threads that read entries from disk.
_READERS = 8
# Where an entry and its tar take longer than this, several are read at once; a local disk takes 50 microseconds.
_SLOW_SECONDS = 0.0005
_SIZES = b'"sizes": "'


@dataclass(frozen=True)
class SkippedRow:
    """A row without a sample, and why."""

    index: int
    code: SkipCode
    detail: str


@dataclass(frozen=True)
class Entry:
    """What is known of a complete shard: all of its rows are samples or skips.

    Attributes:
        start, stop: its rows, from `start` to `stop` (exclusive).
        whole: False where it was cut short by `num_samples`.
        bytes, sha256, md5: of the tar; 0 and "" where every row was skipped: then there is no tar.
        sizes: of the members of each sample, as one string (see `vwd.shards.offsets`).
        seconds: of wall-clock time that one worker took.
        finished: seconds since 1970.
        cache: for each of the encoder's caches, look-ups and hits.
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
        """Whether this shard holds all rows of a range."""
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
        """The inverse of `to_json`.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: a field is missing, unknown or of another type.
        """
        skips = [
            SkippedRow(row["index"], SkipCode(code), row["detail"])
            for code, rows in data["skips"].items()
            for row in rows
        ]
        return cls(**{**data, "skips": tuple(sorted(skips, key=lambda s: s.index))})


class State(str, Enum):
    """Of a shard: done (entry and tar agree), missing (no entry), or torn (entry and tar disagree)."""

    DONE = "done"
    MISSING = "missing"
    TORN = "torn"


def write_entry(paths: OutputPaths, entry: Entry) -> None:
    with atomic_write(paths.entry(entry.number), paths.temp) as file:
        file.write(json_bytes(entry.to_json()))


def lookup_entry(paths: OutputPaths, number: int) -> tuple[State, Entry | None]:
    """A shard's state, and its entry where it can be read."""
    try:
        with storage_errors(paths.entry(number)):
            data = paths.entry(number).read_bytes()
    except FileNotFoundError:
        return State.MISSING, None
    return _judge(data, _size(paths.tar(number)))


def lookup_entries(paths: OutputPaths, numbers: Sequence[int]) -> Iterator[tuple[int, State, Entry | None]]:
    """`lookup_entry` for many shards, in their order, without their sizes. A slow file system is asked in parallel.

    The sizes are nearly all of an entry: without them, a ledger of 100,000 is read in a fraction of the time, and held
    in a fraction of the memory.
    """
    if is_remote(paths.folder):
        yield from _lookup_remote(paths, numbers)
        return
    began = time.perf_counter()
    yield from _lookup_local(paths, numbers[:_BATCH])
    slow = time.perf_counter() - began > min(_BATCH, len(numbers)) * _SLOW_SECONDS
    rest = [numbers[first : first + _BATCH] for first in range(_BATCH, len(numbers), _BATCH)]
    # A shared file system may take its time for every file: then several are read at once. Where it does not,
    # threads would only wait for each other.
    with ThreadPoolExecutor(_READERS if slow else 1) as pool:
        for found in pool.map(partial(_lookup_local, paths), rest):
            yield from found


def read_ledger(paths: OutputPaths) -> Iterator[tuple[int, State, Entry | None]]:
    """Number, state and entry of every shard that has an entry, in order, without their sizes."""
    yield from lookup_entries(paths, entry_numbers(paths))


def done_entries(paths: OutputPaths, known: Mapping[int, Entry] | None = None) -> dict[int, Entry]:
    """The entries of all complete shards, by number, without their sizes.

    Args:
        known: entries of complete shards that need not be read again. One that was cut short by `num_samples` is
            read all the same, since another run may have replaced it by a longer one.
    """
    final = {number: entry for number, entry in (known or {}).items() if entry.whole}
    present = entry_numbers(paths)
    read = lookup_entries(paths, [number for number in present if number not in final])
    done = {number: entry for number, state, entry in read if entry and state is State.DONE}
    return {number: found for number in present if (found := final.get(number) or done.get(number))}


def _lookup_local(paths: OutputPaths, numbers: Sequence[int]) -> list[tuple[int, State, Entry | None]]:
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
    """An entry's JSON with its sizes cut out before it is parsed. Within any other string the quotes are escaped."""
    start = data.find(_SIZES) + len(_SIZES)
    stop = data.find(b'"', start)
    return data if start < len(_SIZES) or stop < 0 else data[:start] + data[stop:]


def _lookup_remote(paths: OutputPaths, numbers: Sequence[int]) -> Iterator[tuple[int, State, Entry | None]]:
    if not numbers:
        return
    present, tars = set(entry_numbers(paths)), listing(paths.folder)
    for first in range(0, len(numbers), _BATCH):
        batch = numbers[first : first + _BATCH]
        listed = [number for number in batch if number in present]
        contents = dict(zip(listed, read_many([paths.entry(number) for number in listed]), strict=True))
        for number in batch:
            state, entry = _judge(contents.get(number), tars.get(paths.tar(number).name) or 0)
            if state is State.TORN:  # a shard that was finished after the listing looks torn by it
                state, entry = lookup_entry(paths, number)
            yield number, state, entry and replace(entry, sizes="")


def _judge(data: bytes | None, tar_size: int) -> tuple[State, Entry | None]:
    """A shard's state by its entry's content; None where there is none."""
    if data is None:
        return State.MISSING, None
    try:
        entry = Entry.from_json(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return State.TORN, None
    return (State.DONE if tar_size == entry.bytes else State.TORN), entry


def _size(tar: Path) -> int:
    try:
        with storage_errors(tar):
            return tar.stat().st_size
    except FileNotFoundError:
        return 0

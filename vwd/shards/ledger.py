"""The ledger: one small JSON file a shard, which stands when the shard does."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from vwd.corpora.sample import SkipCode
from vwd.shards.files import json_bytes, whole_file
from vwd.shards.paths import OutputPaths
from vwd.shards.plan import ShardRange


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
        bytes, sha256: of the tar; 0 and "" where every row was skipped, and there is no tar.
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
    prompt_tokens: int
    answer_tokens: int
    seconds: float
    finished: float
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
        entry = _read(paths.entry(number))
    except FileNotFoundError:
        return State.MISSING, None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return State.TORN, None
    try:
        size = paths.tar(number).stat().st_size
    except FileNotFoundError:
        size = 0
    return (State.DONE if size == entry.bytes else State.TORN), entry


def numbered(folder: Path, dataset: str, ending: str) -> list[int]:
    """The numbers of the files in a folder that are named as this dataset's shards are, rising."""
    names = re.compile(rf"{re.escape(dataset)}-(\d{{6,}}){re.escape(ending)}")
    found = (names.fullmatch(path.name) for path in folder.iterdir()) if folder.is_dir() else ()
    return sorted(int(name[1]) for name in found if name)


def entry_numbers(paths: OutputPaths) -> list[int]:
    """The numbers of the shards that have an entry, rising."""
    return numbered(paths.ledger, paths.dataset, ".json")


def read_ledger(paths: OutputPaths) -> Iterator[tuple[int, State, Entry | None]]:
    """Number, state and entry of every shard that has an entry, in order."""
    for number in entry_numbers(paths):
        state, entry = look_up(paths, number)
        yield number, state, entry


def _read(path: Path) -> Entry:
    return Entry.from_json(json.loads(path.read_bytes()))

"""What an export takes: which shards, which of their rows, and nothing that a shard should not hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from vwd.errors import OutputError, ShardError
from vwd.shards.contract import read_contract
from vwd.shards.ledger import State, entry_numbers, look_up
from vwd.shards.order import permutation
from vwd.shards.outputs import tar_numbers
from vwd.shards.paths import OutputPaths, sample_key
from vwd.shards.places import read_sizes
from vwd.shards.read import StoredSample, open_shard

T = TypeVar("T")


@dataclass(frozen=True)
class Slice:
    """The rows from `start` to `stop` (exclusive); to the last where `stop` is None."""

    start: int = 0
    stop: int | None = None

    @property
    def everything(self) -> bool:
        return not self.start and self.stop is None

    def __contains__(self, row: int) -> bool:
        return row >= self.start and (self.stop is None or row < self.stop)


@dataclass(frozen=True)
class Part:
    """The shards that go into one file of an export, and the number that names the file: its first row's."""

    start: int
    shards: tuple[int, ...]


@dataclass(frozen=True)
class Selection:
    """What an export takes of a dataset: these rows of these shards; and the shards it must leave out, and why."""

    paths: OutputPaths
    rows: Slice
    shards: tuple[int, ...]
    left_out: tuple[str, ...]

    def by_shard(self) -> Iterator[Part]:
        """One part a shard; of a slice, one for it all."""
        if not self.rows.everything:
            yield from self.together()
            return
        for number in self.shards:
            yield Part(_start_of(self.paths, number), (number,))

    def together(self) -> Iterator[Part]:
        """One part for it all, or none where there is nothing to take."""
        if self.shards:
            yield Part(self.rows.start, self.shards)

    def samples(self, part: Part, look: Callable[[StoredSample], T]) -> Iterator[tuple[StoredSample, T]]:
        """A part's samples with what `look` finds in them; a shard's are all looked at before its first one comes.

        Raises:
            ShardError: a shard holds what it should not; nothing of it has come.
        """
        for number in part.shards:
            entry = look_up(self.paths, number)[1]
            named = {sizes.row for sizes in read_sizes(entry.sizes)} if entry else None
            with open_shard(self.paths.tar(number)) as stored:
                for sample in stored:
                    _check(self.paths, sample, named)
                yield from [(sample, look(sample)) for sample in stored if sample.index in self.rows]


def select(
    paths: OutputPaths, start_idx: int = 0, num_samples: int | None = None, only: Collection[int] | None = None
) -> Selection:
    """The shards of a dataset that hold rows of a slice. Without any ledger, every tar is read.

    Args:
        only: the numbers of the only shards to take; None for all.

    Raises:
        OutputError: no shard holds rows of the slice.
        ShardError: where no ledger tells, a tar is none, or two hold the same sample.
    """
    rows = Slice(start_idx, None if num_samples is None else start_idx + num_samples)
    numbers, left_out = _standing(paths, only) if paths.ledger.is_dir() else (_bare_tars(paths), [])
    numbers = numbers if only is None else [number for number in numbers if number in only]
    left_out += _not_packed(paths, rows)
    if not rows.everything:
        numbers = [number for number in numbers if any(row in rows for row in _rows_of(paths, number))]
        if not numbers:
            raise OutputError(f"{paths.folder}: no shard here holds rows from {rows.start} on", "See 'vwd status'.")
    return Selection(paths, rows, tuple(numbers), tuple(left_out))


def _standing(paths: OutputPaths, only: Collection[int] | None) -> tuple[list[int], list[str]]:
    """The shards to read, and those to leave out with the reason."""
    numbers, left_out = [], []
    there = {*entry_numbers(paths), *tar_numbers(paths)} if only is None else set(only)
    for number in sorted(there):
        state, found = look_up(paths, number)
        if state is not State.DONE:
            left_out.append(f"{paths.shard_name(number)} is {state.value}")
        elif found and found.samples:
            numbers.append(number)
    return numbers, left_out


def _bare_tars(paths: OutputPaths) -> list[int]:
    """The tars that hold samples, where no ledger tells. No sample may stand in two of them."""
    numbers, holders = [], dict[str, Path]()
    for number in tar_numbers(paths):
        with open_shard(paths.tar(number)) as stored:
            numbers += [number] if stored else []
            for sample in stored:
                other = holders.setdefault(sample.key, sample.path)
                if other != sample.path:
                    raise ShardError(
                        f"{sample.path}: the key '{sample.key}' stands in {other.name} too",
                        "Keep one of the two; nothing was taken from either.",
                    )
    return numbers


def _not_packed(paths: OutputPaths, rows: Slice) -> list[str]:
    """The shards of an explicit slice that nobody has packed yet."""
    if rows.stop is None or not paths.contract.is_file():
        return []
    contract = read_contract(paths)
    count, size, seed = contract["rows"], contract["shard_size"], contract["shuffle_seed"]
    stop = rows.stop if count is None else min(rows.stop, count)
    places: Iterable[int] = range(rows.start, stop)
    if count is not None and seed is not None:
        order = permutation(count, seed)
        places = ((order >= rows.start) & (order < stop)).nonzero()[0].tolist()
    numbers = sorted({place // size for place in places})
    return [f"{paths.shard_name(n)} is missing" for n in numbers if not paths.entry(n).exists()]


def _rows_of(paths: OutputPaths, number: int) -> Iterator[int]:
    entry = look_up(paths, number)[1]
    if entry:
        yield from (sizes.row for sizes in read_sizes(entry.sizes))
        return
    with open_shard(paths.tar(number)) as stored:
        yield from (sample.index for sample in stored)


def _start_of(paths: OutputPaths, number: int) -> int:
    entry = look_up(paths, number)[1]
    return entry.start if entry else next(_rows_of(paths, number))


def _check(paths: OutputPaths, sample: StoredSample, rows: set[int] | None) -> None:
    """Refuses a sample of another dataset, or of a row that the shard's entry does not name."""
    strange = rows is not None and sample.index not in rows
    if sample.key != sample_key(paths.dataset, sample.index) or strange:
        raise ShardError(
            f"{sample.path}: the key '{sample.key}' is not of this shard of {paths.dataset}",
            "Keep each dataset's shards in a folder of its own name, and fetch or pack this one again.",
        )

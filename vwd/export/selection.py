"""What an export takes: which shards, which of their rows, and nothing that a shard should not hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from vwd.errors import OutputError, ShardError, UsageError
from vwd.export.membership import check_samples
from vwd.limits import COUNT_LIMIT
from vwd.shards.clip_json import CLIPS
from vwd.shards.contract import Contract
from vwd.shards.contract_file import read_contract
from vwd.shards.entry import Entry
from vwd.shards.ledger import Ledger, State, open_ledger
from vwd.shards.paths import OutputPaths, entry_numbers, tar_numbers
from vwd.shards.reader import StoredSample, open_shard
from vwd.shards.repacking import repack_advice
from vwd.shards.sample_form import TEXT_VIDEO
from vwd.shards.shuffle import Indices, permutation
from vwd.shards.splits import DEFAULT_FRACTION, for_validation
from vwd.shards.splits import Part as Split
from vwd.storage.errors import reading_errors
from vwd.storage.hashing import sha256_file
from vwd.storage.objects import local_copy

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
    """What an export takes of a dataset: these rows of these shards.

    Attributes:
        ledger: None where there is none.
        entries: the ledger's, by shard and without sizes.
        left_out: the shards that are not complete, each with the reason.
        check: compare each tar with the sha256 of its entry.
        split: only the samples of this one, as `vwd.stream` splits them; None for all.
        fraction: how much of all is for validation.
        clips: whether the samples are real videos and their captions.
    """

    paths: OutputPaths
    ledger: Ledger | None
    rows: Slice
    shards: tuple[int, ...]
    entries: Mapping[int, Entry]
    left_out: tuple[str, ...]
    check: bool = True
    split: Split | None = None
    fraction: float = DEFAULT_FRACTION
    clips: bool = False

    def by_shard(self) -> Iterator[Part]:
        """One part a shard; of a slice or a split, one for it all."""
        if not self.rows.everything or self.split:
            yield from self.together()
            return
        for number in self.shards:
            yield Part(self._start_of(number), (number,))

    def together(self) -> Iterator[Part]:
        """One part for it all, or none where there is nothing to take."""
        if self.shards:
            yield Part(self.rows.start, self.shards)

    def samples(self, part: Part, extract: Callable[[StoredSample], T]) -> Iterator[tuple[StoredSample, T]]:
        """A part's samples with what `extract` gives for them; it is applied to a whole shard before its first sample.

        Raises:
            ShardError: a shard holds what it should not; nothing of it has been yielded.
        """
        for number in part.shards:
            tar = self.paths.tar(number)
            entry = self._entry(number)
            with local_copy(tar) as copy:
                if entry and self.check and sha256_file(copy) != entry.sha256:
                    raise ShardError(f"{tar}: the sha256 differs from the ledger's", self._advice)
                form = self.ledger.contract.form if self.ledger and self.clips else TEXT_VIDEO
                with open_shard(tar, copy, form) as stored:
                    check_samples(self.paths, stored, entry, self._advice)
                    wanted = self._wanted(stored)
                    yield from [(sample, extract(sample)) for sample in stored if sample.index in wanted]

    def _wanted(self, stored: Sequence[StoredSample]) -> Collection[int]:
        """The rows to take of a shard's."""
        rows = [sample.index for sample in stored if sample.index in self.rows]
        if self.split is None or not rows:
            return set(rows)
        numbers = np.array([row % 2**64 for row in rows], np.uint64).view(np.int64)
        validates = for_validation(self.paths.dataset, numbers, self.fraction)
        return {row for row, val in zip(rows, validates, strict=True) if val == (self.split == "val")}

    def _entry(self, number: int) -> Entry | None:
        """A shard's entry as it is now, with its sizes."""
        if self.ledger is None:
            return None
        found = self.ledger.lookup(number)
        if found.state is not State.DONE:
            why = f": {found.problem}" if found.problem else ""
            raise ShardError(f"{self.paths.shard_name(number)} is {found.state.value} now{why}", self._advice)
        return found.entry

    @property
    def _advice(self) -> str:
        """What to do about a damaged shard."""
        return repack_advice(self.ledger.contract) if self.ledger else "Fetch or pack this shard again."

    def _start_of(self, number: int) -> int:
        entry = self.entries.get(number)
        return entry.start if entry else next(_tar_rows(self.paths, number))


def select(
    paths: OutputPaths,
    start_idx: int = 0,
    num_samples: int | None = None,
    only: Collection[int] | None = None,
    check: bool = True,
    split: Split | None = None,
    fraction: float = DEFAULT_FRACTION,
    clips: bool = False,
) -> Selection:
    """The shards of a dataset that hold rows of a slice. Without a ledger, every tar is read.

    Args:
        only: the numbers of the only shards to take; None for all.
        check: compare each tar with the sha256 of its ledger entry.
        split: only the samples of this one; None for all.
        fraction: about how much of all is for validation, as `val_fraction` of `vwd.stream`.
        clips: take an output of real videos, too.

    Raises:
        UsageError: there is no such split, or the output cannot have one of these shards.
        OutputError: no shard holds rows of the slice.
        ShardError: there is no ledger, and a tar is damaged, or two hold the same sample.
    """
    if split not in (None, "train", "val"):
        raise UsageError(f"there is no `split` '{split}'", "Give train or val.")
    if not 0 < fraction < 1:
        raise UsageError(f"`val_fraction` {fraction}", "Give a number between 0 and 1, such as 0.05.")
    if split is None and fraction != DEFAULT_FRACTION:
        raise UsageError(f"`val_fraction` {fraction} without a `split`", "Give `split` train or `split` val, too.")
    if not 0 <= start_idx < COUNT_LIMIT:
        raise UsageError(f"`start_idx` {start_idx} is the number of no row", "'vwd status' says how many there are.")
    rows = Slice(start_idx, None if num_samples is None else start_idx + num_samples)
    with reading_errors(paths.folder):
        ledger = open_ledger(paths) if paths.ledger.is_dir() else None
        contract = ledger.contract if ledger else read_contract(paths) if paths.contract.is_file() else None
    holds_clips = contract is not None and contract.content.get("name") == CLIPS
    if contract and contract.content and not (clips and holds_clips and ledger):
        ways = (
            "export it with 'vwd export `for`', or read it with 'vwd.stream'"
            if holds_clips
            else "read its tars with webdataset"
        )
        raise OutputError(
            f"{paths.folder}: holds {contract.content['name']}, not text videos",
            f"This export is of text videos; {ways}.",
        )
    _require_shards(only, contract)
    if ledger:
        entries, left_out = _complete_shards(ledger, only)
        numbers = list(entries) if rows.everything else _shards_with_samples(rows, contract, entries)
    else:
        entries, left_out = {}, []
        numbers = [n for n in _bare_tars(paths) if rows.everything or any(r in rows for r in _tar_rows(paths, n))]
    numbers = numbers if only is None else [number for number in numbers if number in only]
    left_out += _not_packed(paths, rows, contract)
    if not rows.everything and not numbers:
        raise OutputError(f"{paths.folder}: no shard holds rows from {rows.start} on", "See 'vwd status'.")
    return Selection(paths, ledger, rows, tuple(numbers), entries, tuple(left_out), check, split, fraction, holds_clips)


def _require_shards(numbers: Collection[int] | None, contract: Contract | None) -> None:
    """Raises a UsageError where the rows have no shard of one of these numbers: none will ever be packed."""
    if not numbers or contract is None or contract.rows is None:
        return
    count = -(-contract.rows // contract.shard_size)
    if (unknown := max(numbers)) >= count:
        raise UsageError(
            f"`shards`: shard {unknown} is not of this output, whose shards are 0 to {count - 1}",
            "Name only shards that it has or will have.",
        )


def _complete_shards(ledger: Ledger, only: Collection[int] | None) -> tuple[dict[int, Entry], list[str]]:
    """The entries of the shards to read, and the shards to leave out with the reason."""
    entries, left_out, paths = {}, [], ledger.paths
    wanted = sorted({*entry_numbers(paths), *tar_numbers(paths)} if only is None else set(only))
    for number, state, entry, problem in ledger.lookup_many(wanted):
        if state is not State.DONE:
            left_out.append(f"{paths.shard_name(number)} is {state.value}" + (f" ({problem})" if problem else ""))
        elif entry and entry.samples:
            entries[number] = entry
    return entries, left_out


def _bare_tars(paths: OutputPaths) -> list[int]:
    """The tars that hold samples, where there is no ledger. No sample may be in two of them."""
    numbers, holders = [], dict[str, Path]()
    for number in tar_numbers(paths):
        with open_shard(paths.tar(number)) as stored:
            numbers += [number] if stored else []
            for sample in stored:
                other = holders.setdefault(sample.key, sample.path)
                if other != sample.path:
                    raise ShardError(
                        f"{sample.path}: the key '{sample.key}' is in {other.name}, too",
                        "Keep one of the two; nothing was taken from either.",
                    )
    return numbers


def _not_packed(paths: OutputPaths, rows: Slice, contract: Contract | None) -> list[str]:
    """The shards of an explicit slice that have not been packed yet."""
    if rows.stop is None or contract is None:
        return []
    stop = rows.stop if contract.rows is None else min(rows.stop, contract.rows)
    numbers: Iterable[int] = range(rows.start // contract.shard_size, -(-stop // contract.shard_size))
    if contract.shuffle_seed is not None:
        numbers = np.unique(_positions(rows, contract, stop) // contract.shard_size).tolist()
    return [f"{paths.shard_name(n)} is missing" for n in numbers if not paths.entry(n).exists()]


def _shards_with_samples(rows: Slice, contract: Contract | None, entries: Mapping[int, Entry]) -> list[int]:
    """The shards that hold samples of a slice, by the ledger."""
    positions = _positions(rows, contract, max((entry.stop for entry in entries.values()), default=0))
    found = []
    for number, entry in entries.items():
        first, end = np.searchsorted(positions, (entry.start, entry.stop))
        if end - first > sum(skip.index in rows for skip in entry.skips):
            found.append(number)
    return found


def _positions(rows: Slice, contract: Contract | None, stop: int) -> Indices:
    """Where the rows of a slice are in the order of packing, rising; as far as `stop` where rows are in order."""
    if contract is None or contract.rows is None or contract.shuffle_seed is None:
        return np.arange(rows.start, stop if rows.stop is None else min(rows.stop, stop))
    order = permutation(contract.rows, contract.shuffle_seed)
    inside = order >= rows.start if rows.stop is None else (order >= rows.start) & (order < rows.stop)
    positions: Indices = inside.nonzero()[0]
    return positions


def _tar_rows(paths: OutputPaths, number: int) -> Iterator[int]:
    with open_shard(paths.tar(number)) as stored:
        yield from (sample.index for sample in stored)

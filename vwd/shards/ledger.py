"""The ledger: one small JSON file a shard, which exists when the shard is complete. One function judges each entry."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from vwd.errors import OutputError
from vwd.limits import LARGEST_ENTRY
from vwd.shards.checksums import CHECKSUMS_FORMAT, checksums_length
from vwd.shards.contract import Contract
from vwd.shards.contract_file import read_contract
from vwd.shards.entry import Entry, parse_entry
from vwd.shards.paths import OutputPaths, entry_numbers
from vwd.shards.sizes import parse_sizes, tar_bytes
from vwd.storage.atomic import atomic_write, json_bytes
from vwd.storage.errors import reading_errors, storage_errors
from vwd.storage.objects import listing, read_many
from vwd.storage.regular import open_regular, read_regular
from vwd.storage.urls import is_remote

# What to do about an entry that no run would ever replace.
REMOVE_IT = "remove the entry and its tar"
# Entries that are requested from object storage together.
_BATCH = 256
# Threads that read entries from disk.
_READERS = 8
# Where an entry and its tar take longer than this, several are read at once; a local disk takes 50 microseconds.
_SLOW_SECONDS = 0.0005
# At a tar's end there are at most two empty blocks, the rest of a record of 10,240 bytes, and the padding of a member.
_TAIL = 10_240 + 3 * 512


class State(str, Enum):
    """Of a shard: done (entry and tar agree), missing (no entry), torn (they disagree, or one cannot be read), or
    foreign (the entry is of another shard or another output).
    """

    DONE = "done"
    MISSING = "missing"
    TORN = "torn"
    FOREIGN = "foreign"


class Lookup(NamedTuple):
    """A shard as the ledger has it. `problem`: why it is torn or foreign, one line; "" otherwise."""

    number: int
    state: State
    entry: Entry | None
    problem: str = ""


@dataclass(frozen=True)
class Ledger:
    """The ledger of one output. Every entry is judged by its file name, the contract's plan and the tar."""

    paths: OutputPaths
    contract: Contract

    def lookup(self, number: int) -> Lookup:
        """A shard with its entry, sizes and checksums included.

        Raises:
            OutputError: the entry or the tar may not be read.
        """
        with reading_errors(self.paths.entry(number)):
            return self._lookup(number)

    def _lookup(self, number: int) -> Lookup:
        path, tar = self.paths.entry(number), self.paths.tar(number)
        try:
            data = _read(path)
        except FileNotFoundError:
            return Lookup(number, State.MISSING, None)
        except ValueError as error:
            return Lookup(number, State.TORN, None, f"{path}: {error}")
        return self._judge(number, data, _ends(tar), sizes=True)

    def lookup_many(self, numbers: Sequence[int]) -> Iterator[Lookup]:
        """`lookup` for many shards, in order, without sizes and checksums. A slow file system is asked in parallel.

        Those are nearly all of an entry: only their ends are looked at, and a ledger of 100,000 is held in a fraction
        of the memory.
        """
        if is_remote(self.paths.folder):
            yield from self._lookup_remote(numbers)
            return
        began = time.perf_counter()
        yield from self._lookup_local(numbers[:_BATCH])
        slow = time.perf_counter() - began > min(_BATCH, len(numbers)) * _SLOW_SECONDS
        rest = [numbers[first : first + _BATCH] for first in range(_BATCH, len(numbers), _BATCH)]
        # A shared file system may take its time for every file: then several are read at once. Where it does not,
        # threads would only wait for each other.
        with ThreadPoolExecutor(_READERS if slow else 1) as pool:
            for found in pool.map(self._lookup_local, rest):
                yield from found

    def read(self) -> Iterator[Lookup]:
        """Every shard that has an entry, in order, without sizes and checksums."""
        yield from self.lookup_many(entry_numbers(self.paths))

    def done(self, known: Mapping[int, Entry] | None = None) -> dict[int, Entry]:
        """The entries of all complete shards, by number, without sizes and checksums.

        Args:
            known: entries of complete shards that need not be read again. One that was cut short by `num_samples` is
                read all the same, since another run may have replaced it by a longer one.
        """
        final = {number: entry for number, entry in (known or {}).items() if entry.whole}
        present = entry_numbers(self.paths)
        read = self.lookup_many([number for number in present if number not in final])
        done = {number: entry for number, state, entry, _ in read if entry and state is State.DONE}
        return {number: found for number in present if (found := final.get(number) or done.get(number))}

    def write(self, entry: Entry) -> None:
        with atomic_write(self.paths.entry(entry.number), self.paths.temp) as file:
            file.write(json_bytes(entry.to_json()))

    def _lookup_local(self, numbers: Sequence[int]) -> list[Lookup]:
        with reading_errors(self.paths.ledger):
            return self._lookup_files(numbers)

    def _lookup_files(self, numbers: Sequence[int]) -> list[Lookup]:
        folder, ledger = self.paths.tars, self.paths.ledger
        found = []
        for number in numbers:
            name = self.paths.shard_name(number)
            path = ledger / f"{name}.json"
            try:
                data = _read(path)
            except FileNotFoundError:
                found.append(Lookup(number, State.MISSING, None))
            except ValueError as error:
                found.append(Lookup(number, State.TORN, None, f"{path}: {error}"))
            else:
                found.append(self._judge(number, data, _ends(folder / f"{name}.tar"), sizes=False))
        return found

    def _lookup_remote(self, numbers: Sequence[int]) -> Iterator[Lookup]:
        if not numbers:
            return
        present, tars = set(entry_numbers(self.paths)), listing(self.paths.folder)
        for first in range(0, len(numbers), _BATCH):
            batch = numbers[first : first + _BATCH]
            listed = [number for number in batch if number in present]
            contents = dict(zip(listed, read_many([self.paths.entry(n) for n in listed]), strict=True))
            for number in batch:
                data = contents.get(number)
                if data is None:
                    yield Lookup(number, State.MISSING, None)
                    continue
                tar = Ends(tars.get(self.paths.tar(number).name) or 0)
                found = self._judge(number, data, tar, sizes=False)
                # A shard that was finished after the listing looks torn by it.
                yield _without_sizes(self.lookup(number)) if found.state is State.TORN else found

    def _judge(self, number: int, data: bytes, tar: Ends, sizes: bool) -> Lookup:
        """A shard's state by its entry's content and its tar."""
        path = self.paths.entry(number)
        try:
            entry = parse_entry(data)
        except ValueError as error:
            return Lookup(number, State.TORN, None, f"{path}: {error}")
        misfit = entry_misfit(entry, number, self.contract)
        if not misfit and sizes:
            misfit = sizes_misfit(entry, self.contract)
        if misfit:
            found = Lookup(number, State.FOREIGN, entry, f"{path}: {misfit}")
        elif problem := self._tar_problem(entry, tar):
            found = Lookup(number, State.TORN, entry, problem)
        else:
            found = Lookup(number, State.DONE, entry)
        return found if sizes else _without_sizes(found)

    def _tar_problem(self, entry: Entry, tar: Ends) -> str:
        """Why a tar is not that of an entry, by its size and its end; "" where nothing is to be seen."""
        if tar.size != entry.bytes:
            return f"tar is missing or not {entry.bytes:,} bytes as recorded"
        if tar.zeros and entry.bytes:
            return "the tar ends in zeros where samples should be"
        return ""


class Ends(NamedTuple):
    """A tar's size in bytes, 0 where there is none, and whether its end holds nothing but zeros."""

    size: int
    zeros: bool = False


def open_ledger(paths: OutputPaths) -> Ledger:
    """The ledger of an existing output.

    Raises:
        OutputError: its `pack.json` does not exist, or cannot be read.
    """
    return Ledger(paths, read_contract(paths))


def entry_misfit(entry: Entry, number: int, contract: Contract) -> str:
    """Why an entry does not belong to this shard of this output; "" where it does."""
    first = number * contract.shard_size
    last = first + contract.shard_size
    if contract.rows is not None:
        last = min(last, contract.rows)
    if contract.rows is not None and first >= contract.rows:
        return f"there is no shard {number} in {contract.rows:,} rows: {REMOVE_IT}"
    if entry.contract and entry.contract != contract.identity:
        return f"$.contract is {entry.contract}, not {contract.identity}: the entry of another output"
    if entry.number != number:
        return f"$.number is {entry.number}: the entry of another shard"
    # A stream may end before the rows that were asked for.
    least = first if contract.rows is None else first + 1
    if entry.start != first or not least <= entry.stop <= last:
        return f"$.start, $.stop: rows {entry.start} to {entry.stop} are not of this shard, {first} to {last}"
    if entry.whole and any(entry.stop == before.rows for before in contract.appended) and entry.stop < last:
        return f"its rows end at {entry.stop}, where more were added: 'vwd pack' packs the shard again"
    if contract.rows is not None and entry.whole != (entry.stop == last):
        return f"$.whole is {entry.whole} for rows {entry.start} to {entry.stop} of {first} to {last}"
    if bool(entry.samples) != bool(entry.bytes) or bool(entry.samples) != bool(entry.sha256):
        return f"$.bytes is {entry.bytes}, $.sha256 '{entry.sha256[:8]}' for {entry.samples} samples"
    rows = {skip.index for skip in entry.skips}
    if len(rows) != len(entry.skips):
        return "$.skips has a row twice"
    if contract.shuffle_seed is None and any(not first <= row < last for row in rows):
        return f"$.skips has a row outside {first} to {last}"
    return _members_misfit(entry, contract, rows)


def _members_misfit(entry: Entry, contract: Contract, skipped: set[int]) -> str:
    """Why sizes and checksums cannot be those of an entry, by their ends and lengths alone."""
    if not entry.samples:
        return "$.sizes, $.checksums: of no sample" if entry.sizes or entry.checksums else ""
    ends = _end_rows(entry)
    rows = range(entry.start, entry.stop)
    if contract.shuffle_seed is None:
        expected = tuple(next((row for row in order if row not in skipped), -1) for order in (rows, reversed(rows)))
        if ends != expected:
            return f"$.sizes is of rows {ends[0]} to {ends[1]}, not {expected[0]} to {expected[1]}"
    length = checksums_length(entry.samples, len(contract.members))
    if len(entry.checksums) != length and (entry.checksums or contract.format >= CHECKSUMS_FORMAT):
        return f"$.checksums has {len(entry.checksums):,} characters, not {length:,}"
    return ""


def _end_rows(entry: Entry) -> tuple[int, int]:
    """The rows of the first and the last sample by an entry's sizes; -1 for what is none."""
    ends = entry.sizes[:40].partition(":")[0], entry.sizes[entry.sizes.rfind(" ") + 1 :][:40].partition(":")[0]
    first, last = (int(end) if end.isascii() and end.isdigit() else -1 for end in ends)
    return first, last


def sizes_misfit(entry: Entry, contract: Contract) -> str:
    """Why an entry's sizes are not those of its rows and its tar; "" where they are."""
    count = entry.sizes.count(" ") + 1 if entry.sizes else 0
    if count != entry.samples:  # before millions are parsed
        return f"$.sizes is of {count:,} samples, not of {entry.samples:,}"
    try:
        sizes = list(parse_sizes(entry.sizes))
    except ValueError as error:
        return str(error)
    if len(sizes) != entry.samples or not all(contract.form.fits(one) for one in sizes):
        return f"$.sizes is not of {entry.samples} samples with {len(contract.members)} members"
    if misfit := _keys_misfit(entry, contract):
        return misfit
    rows = [one.row for one in sizes]
    if contract.shuffle_seed is None and any(not entry.start <= row < entry.stop for row in rows):
        return f"$.sizes has a row outside {entry.start} to {entry.stop}"
    if len({*rows, *(skip.index for skip in entry.skips)}) != entry.stop - entry.start:
        return "$.sizes and $.skips do not name each row once"
    if sizes and tar_bytes(sizes) != entry.bytes:
        return f"$.sizes are those of a tar of {tar_bytes(sizes):,} bytes, not of {entry.bytes:,}"
    return ""


def _keys_misfit(entry: Entry, contract: Contract) -> str:
    form = contract.form
    if len(entry.keys) != (entry.samples if form.own_keys else 0):
        return f"$.keys has {len(entry.keys)} keys for {entry.samples} samples"
    if len(set(entry.keys)) != len(entry.keys) or not all(map(form.takes_key, entry.keys)):
        return "$.keys has one twice, or one that no sample can have"
    return ""


def _read(path: Path) -> bytes:
    """An entry's content.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is not a regular file, or too large.
        OutputError: it cannot be read.
    """
    try:
        with storage_errors(path):
            return read_regular(path, LARGEST_ENTRY)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(path) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path}: cannot be read: {error.strerror or error}", "Fix its permissions, or the disk.")


def _ends(tar: Path) -> Ends:
    if is_remote(tar):
        try:
            with storage_errors(tar):
                return Ends(tar.stat().st_size)
        except FileNotFoundError:
            return Ends(0)
    try:
        handle = open_regular(tar)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return Ends(0)
    except OSError as error:
        raise _unreadable(tar, error) from error
    try:
        status = os.fstat(handle)
        length = min(_TAIL, status.st_size)
        zeros = not os.pread(handle, length, status.st_size - length).strip(b"\0")
        return Ends(status.st_size, zeros)
    finally:
        os.close(handle)


def _without_sizes(found: Lookup) -> Lookup:
    return found._replace(entry=found.entry and replace(found.entry, sizes="", checksums="", keys=()))

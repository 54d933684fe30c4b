"""Finding one sample of an output by its key, from the ledger: one read in one tar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vwd.corpora.sample import sample_key
from vwd.errors import OutputError, ShardError
from vwd.shards.checked_sample import check_members
from vwd.shards.contract import Contract
from vwd.shards.entry import Entry
from vwd.shards.ledger import Ledger, State, open_ledger
from vwd.shards.offsets import SampleOffsets, entry_offsets
from vwd.shards.paths import OutputPaths
from vwd.shards.shuffle import permutation
from vwd.storage.objects import local_copy


@dataclass(frozen=True)
class FoundSample:
    """A sample, where it lies, and its members by their ending."""

    key: str
    shard: str
    offsets: SampleOffsets
    members: Mapping[str, bytes]


def find_sample(paths: OutputPaths, key: str) -> FoundSample:
    """The sample of this key; any spelling of the row's number is found.

    Raises:
        OutputError: there is none: it was skipped, or is not packed yet, or the output has no such row.
        ShardError: the tar is gone or cut short, or a member is not what was packed.
    """
    ledger = open_ledger(paths)
    for entry in _entries(ledger, key):
        wanted = key if ledger.contract.form.own_keys else sample_key(paths.dataset, _row(paths, key))
        for number, one in enumerate(entry_offsets(paths, ledger.contract, entry)):
            if one.key == wanted:
                found = _read(paths, entry, one)
                check_members(f"{found.shard}: {one.key}", ledger.contract, entry, number, found.members)
                return found
        _refuse_skipped(paths, entry, key)
    raise OutputError(f"{paths.folder}: holds no sample '{key}'", "'vwd status' says which rows are packed.")


def _entries(ledger: Ledger, key: str) -> list[Entry]:
    """The entries of the shards that may hold a key, with their sizes."""
    contract, paths = ledger.contract, ledger.paths
    if contract.form.own_keys:
        numbers = [found.number for found in ledger.read() if found.state is State.DONE]
    else:
        numbers = [_position(contract, _row(paths, key)) // contract.shard_size]
    found = [ledger.lookup(number) for number in numbers]
    return [one.entry for one in found if one.entry and one.state is State.DONE]


def _row(paths: OutputPaths, key: str) -> int:
    number = key.removeprefix(f"{paths.dataset}_")
    if not (number.isascii() and number.isdigit()):
        raise OutputError(f"'{key}' is not the key of a sample of {paths.dataset}", f"Give one like {paths.dataset}_7.")
    return int(number)


def _position(contract: Contract, row: int) -> int:
    if contract.shuffle_seed is None or contract.rows is None or row >= contract.rows:
        return row
    return int(np.flatnonzero(permutation(contract.rows, contract.shuffle_seed) == row)[0])


def _refuse_skipped(paths: OutputPaths, entry: Entry, key: str) -> None:
    for skip in entry.skips:
        if sample_key(paths.dataset, skip.index) == key or str(skip.index) == key:
            raise OutputError(
                f"row {skip.index} of {paths.dataset} was skipped, {skip.code.value}: {skip.detail}",
                "'vwd show --skips' lists all rows that were.",
            )


def _read(paths: OutputPaths, entry: Entry, one: SampleOffsets) -> FoundSample:
    tar = paths.tar(entry.number)
    members = {}
    with local_copy(tar) as copy, copy.open("rb") as file:
        for ending, span in one.members.items():
            file.seek(span.offset)
            members[ending] = file.read(span.size)
            if len(members[ending]) != span.size:
                raise ShardError(f"{tar}: {one.key}.{ending} is cut short", "Run 'vwd verify', and pack again.")
    return FoundSample(one.key, paths.shard_name(entry.number), one, members)

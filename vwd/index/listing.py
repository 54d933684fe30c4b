"""What an index is made of: the complete shards, and where each sample is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vwd.errors import OutputError
from vwd.shards.contract import Contract
from vwd.shards.entry import Entry
from vwd.shards.ledger import Ledger, State, open_ledger
from vwd.shards.offsets import SampleOffsets, entry_offsets
from vwd.shards.paths import OutputPaths, entry_numbers, tar_numbers
from vwd.shards.summary import Summary, summarise


@dataclass(frozen=True)
class Shard:
    """A complete tar: its file name, and what the ledger knows of it."""

    number: int
    tar: str
    samples: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Listing:
    """All shards of a dataset that hold samples, in order; none where every row was skipped."""

    ledger: Ledger
    summary: Summary
    shards: tuple[Shard, ...]

    @property
    def paths(self) -> OutputPaths:
        return self.ledger.paths

    @property
    def contract(self) -> Contract:
        return self.ledger.contract

    def samples(self, shard: Shard) -> Iterator[SampleOffsets]:
        """Where each sample of a shard is; read on demand, since a large dataset has millions.

        Raises:
            OutputError: the ledger entry is gone, has changed or is damaged.
        """
        found = self.ledger.lookup(shard.number)
        entry = found.entry if found.state is State.DONE else None
        try:
            if entry is None or entry.sha256 != shard.sha256:
                raise ValueError("the entry changed while it was indexed")
            yield from entry_offsets(self.paths, self.contract, entry)
        except ValueError as error:
            raise OutputError(
                f"{self.paths.entry(shard.number)}: {error}", "Run 'vwd index' again when nothing else is packing."
            ) from error


def list_shards(paths: OutputPaths, entries: Mapping[int, Entry] | None = None) -> Listing:
    """The listing of a dataset's output.

    Args:
        entries: of its complete shards, where they have been read already.

    Raises:
        OutputError: a shard is torn or foreign, or a tar exists that the ledger does not know.
    """
    ledger = open_ledger(paths)
    done = ledger.done() if entries is None else entries
    present = entry_numbers(paths)
    if bad := list(ledger.lookup_many([number for number in present if number not in done])):
        named = [
            f"{state.value}: {', '.join(paths.shard_name(found.number) for found in bad if found.state is state)}"
            for state in State
            if any(found.state is state for found in bad)
        ]
        rows, size = ledger.contract.rows, ledger.contract.shard_size
        surplus = [paths.shard_name(one.number) for one in bad if rows is not None and one.number * size >= rows]
        removed = (
            f"Remove the entries and tars of {', '.join(surplus)}, for which there are no rows. " if surplus else ""
        )
        raise OutputError(
            f"{paths.folder}: {'; '.join(named)}",
            f"{removed}Run 'vwd pack' with its settings again, then 'vwd index'.",
        )
    if strays := sorted(set(tar_numbers(paths)) - set(present)):
        raise OutputError(
            f"{paths.folder}: not in the ledger: {', '.join(paths.tar(number).name for number in strays)}",
            "Wait for a run that is packing, pack those rows too, or move the tar away; then run 'vwd index'.",
        )
    shards = [
        Shard(number, paths.tar(number).name, entry.samples, entry.bytes, entry.sha256)
        for number, entry in sorted(done.items())
        if entry.samples
    ]
    summary = summarise(paths.dataset, list(done.values()), ledger.contract.rows)
    return Listing(ledger, summary, tuple(shards))

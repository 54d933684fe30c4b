"""What an index is made of: the complete shards, and where each sample is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vwd.errors import OutputError
from vwd.shards.contract import Contract, read_contract
from vwd.shards.ledger import Entry, done_entries, lookup_entry
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
    md5: str


@dataclass(frozen=True)
class Listing:
    """All shards of a dataset that hold samples, in order; none where every row was skipped."""

    paths: OutputPaths
    contract: Contract
    summary: Summary
    shards: tuple[Shard, ...]

    def samples(self, shard: Shard) -> Iterator[SampleOffsets]:
        """Where each sample of a shard is; read on demand, since a large dataset has millions.

        Raises:
            OutputError: the ledger entry is gone, has changed or is damaged.
        """
        entry = lookup_entry(self.paths, shard.number)[1]
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
        OutputError: a shard is torn, or a tar exists that the ledger does not know.
    """
    contract = read_contract(paths)
    done = done_entries(paths) if entries is None else entries
    present = entry_numbers(paths)
    if torn := [number for number in present if number not in done]:
        raise OutputError(
            f"{paths.folder}: torn: {', '.join(map(paths.shard_name, torn))}",
            "Run 'vwd pack' with its settings again, then 'vwd index'.",
        )
    if strays := sorted(set(tar_numbers(paths)) - set(present)):
        raise OutputError(
            f"{paths.folder}: not in the ledger: {', '.join(paths.tar(number).name for number in strays)}",
            "Wait for a run that is packing, pack those rows too, or move the tar away; then run 'vwd index'.",
        )
    shards = [
        Shard(number, paths.tar(number).name, entry.samples, entry.bytes, entry.sha256, entry.md5)
        for number, entry in sorted(done.items())
        if entry.samples
    ]
    return Listing(paths, contract, summarise(paths.dataset, list(done.values()), contract.rows), tuple(shards))

"""What an index is made of: the shards that stand, and where each sample is in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vwd.errors import OutputError
from vwd.shards.contract import read_contract
from vwd.shards.ledger import State, look_up, read_ledger
from vwd.shards.outputs import tar_numbers
from vwd.shards.paths import OutputPaths
from vwd.shards.places import SamplePlaces, places_in
from vwd.shards.summary import Summary, summarise


@dataclass(frozen=True)
class Shard:
    """A tar that stands: its file name, and what the ledger knows of it."""

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
    contract: dict[str, Any]
    summary: Summary
    shards: tuple[Shard, ...]

    def samples(self, shard: Shard) -> Iterator[SamplePlaces]:
        """Where each sample of a shard is; read when asked for, since a large dataset has millions.

        Raises:
            OutputError: the ledger entry has gone, or does not tell.
        """
        entry = look_up(self.paths, shard.number)[1]
        try:
            if entry is None or entry.sha256 != shard.sha256:
                raise ValueError("the entry changed while it was indexed")
            yield from places_in(self.paths, self.contract, entry)
        except ValueError as error:
            raise OutputError(
                f"{self.paths.entry(shard.number)}: {error}", "Run 'vwd index' again when nothing else is packing."
            ) from error


def list_shards(paths: OutputPaths) -> Listing:
    """The listing of a dataset's output.

    Raises:
        OutputError: a shard is torn, or a tar is there that the ledger does not know.
    """
    contract = read_contract(paths)
    shards, entries, torn, strays = [], [], [], set(tar_numbers(paths))
    for number, state, entry in read_ledger(paths, sizes=False):
        strays.discard(number)
        if state is not State.DONE or entry is None:
            torn.append(number)
            continue
        entries.append(entry)
        if entry.samples:
            name = paths.tar(number).name
            shards.append(Shard(number, name, entry.samples, entry.bytes, entry.sha256, entry.md5))
    if torn:
        raise OutputError(
            f"{paths.folder}: torn: {', '.join(map(paths.shard_name, torn))}",
            "Run 'vwd pack' with its settings again, then 'vwd index'.",
        )
    if strays:
        raise OutputError(
            f"{paths.folder}: not in the ledger: {', '.join(paths.tar(number).name for number in sorted(strays))}",
            "Wait for a run that is packing, pack those rows too, or move the tar away; then run 'vwd index'.",
        )
    return Listing(paths, contract, summarise(paths.dataset, entries, contract["rows"]), tuple(shards))

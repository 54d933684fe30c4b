"""What is known of every clip of an output, read without their videos wherever the shards are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vwd.errors import ShardError
from vwd.shards.offsets import Span, entry_offsets
from vwd.storage.objects import read_ranges
from vwd.stream.random_access import RandomAccessReader
from vwd.stream.sequential import ShardStream, storage_path
from vwd.stream.shuffle import Location
from vwd.stream.source import Shard, Source

_AGAIN = "Fetch or pack this shard again."


def clip_jsons(source: Source) -> Iterator[Iterator[bytes]]:
    """For each shard, the JSON of each of its clips: by its offset from disks and stores, else by reading all of it.

    Raises:
        ShardError: while iterating: a shard is missing, cut short or damaged.
        StorageError: while iterating: the store cannot be reached.
    """
    if source.paths is not None:
        reader = RandomAccessReader(source, source.paths, check=False)
        for index, shard in enumerate(source.shards):
            yield (reader.read(Location(0, 0, index, n), ["json"])["json"] for n in range(shard.samples))
        return
    for shard in source.shards:
        path = storage_path(shard.address)
        yield _from_store(source, shard, path) if path is not None else _forwards(shard)


def _from_store(source: Source, shard: Shard, path: Path) -> Iterator[bytes]:
    entry = source.ledger.lookup(shard.number).entry if source.ledger else None
    if source.ledger is None or entry is None:
        raise ShardError("has no ledger entry", "Run 'vwd verify' on this output.")
    samples = entry_offsets(source.ledger.paths, source.ledger.contract, entry)
    spans = [one.members.get("json", Span(0, 0)) for one in samples]
    try:
        for span, data in zip(
            spans, read_ranges(path, [(one.offset, one.offset + one.size) for one in spans]), strict=True
        ):
            if len(data) != span.size:
                raise ShardError("is cut short", _AGAIN)
            yield data
    except FileNotFoundError as error:
        raise ShardError("does not exist", _AGAIN) from error


def _forwards(shard: Shard) -> Iterator[bytes]:
    for members in ShardStream(shard, {"json"}):
        yield members.get("json", b"")

"""Whether a shard is what its ledger entry says, down to the last byte: what `check` asks before it keeps a shard."""

from __future__ import annotations

from contextlib import suppress

from vwd.errors import ShardError
from vwd.shards.checksums import format_checksums
from vwd.shards.entry import Entry
from vwd.shards.ledger import Ledger, State
from vwd.shards.reader import open_shard
from vwd.shards.sizes import SampleSizes, format_sizes, parse_sizes
from vwd.storage.errors import storage_errors
from vwd.storage.hashing import sha256_file
from vwd.storage.objects import local_copy


def intact_entry(ledger: Ledger, number: int) -> Entry | None:
    """The entry of a complete shard whose tar has its sha256, and its samples the entry's sizes and checksums."""
    found = ledger.lookup(number)
    if found.state is not State.DONE or found.entry is None:
        return None
    tar = ledger.paths.tar(number)
    if not found.entry.samples:
        return found.entry
    with suppress(ShardError), storage_errors(tar), local_copy(tar) as copy:
        if sha256_file(copy) != found.entry.sha256:
            return None
        checksums, sizes, form = bytearray(), list[SampleSizes](), ledger.contract.form
        with open_shard(tar, copy, form) as samples:
            for sample, known in zip(samples, parse_sizes(found.entry.sizes), strict=False):
                row = known.row if form.own_keys else sample.index
                members = {ending: sample.read(ending) for ending in sample.members}
                sizes.append(SampleSizes(row, form.sizes(members)))
                checksums += form.checksums(members)
            keys = [sample.key for sample in samples]
        if len(keys) != found.entry.samples or (form.own_keys and keys != list(found.entry.keys)):
            return None
        # Before format 3 entries have no checksums.
        if found.entry.sizes == format_sizes(sizes) and found.entry.checksums in ("", format_checksums(checksums)):
            return found.entry
    return None

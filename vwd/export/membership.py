"""Which samples a shard may hold: those of its dataset that its ledger entry names."""

from __future__ import annotations

from collections.abc import Sequence

from vwd.corpora.sample import sample_key
from vwd.errors import ShardError
from vwd.shards.entry import Entry
from vwd.shards.paths import OutputPaths
from vwd.shards.reader import StoredSample
from vwd.shards.sizes import parse_sizes


def check_samples(paths: OutputPaths, samples: Sequence[StoredSample], entry: Entry | None, advice: str) -> None:
    """Refuses samples of another dataset, and others, fewer or more than the shard's entry names.

    Args:
        advice: what to do about a shard that does not hold its entry's samples.

    Raises:
        ShardError: the shard holds such a sample, or does not hold one that it should.
    """
    for sample in samples:
        if sample.key != sample_key(paths.dataset, sample.index):
            raise _misplaced(paths, sample)
    if entry is None:
        return
    rows = [sizes.row for sizes in parse_sizes(entry.sizes)]
    known = set(rows)
    for sample in samples:
        if sample.index not in known:
            raise _misplaced(paths, sample)
    if [sample.index for sample in samples] != rows:
        name = paths.tar(entry.number)
        raise ShardError(f"{name}: holds {len(samples)} samples, not the ledger's {entry.samples}", advice)


def _misplaced(paths: OutputPaths, sample: StoredSample) -> ShardError:
    return ShardError(
        f"{sample.path}: the key '{sample.key}' does not belong to this shard of {paths.dataset}",
        "Keep each dataset's shards in a folder of its own name, and fetch or pack this one again.",
    )

"""Where each member is in a tar, from the members' sizes alone: the layout of USTAR gives the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from vwd.corpora.sample import sample_key
from vwd.shards.contract import Contract
from vwd.shards.entry import Entry
from vwd.shards.headers import BLOCK, padded
from vwd.shards.paths import OutputPaths
from vwd.shards.sizes import ABSENT, SampleSizes, parse_sizes


class Span(NamedTuple):
    """Where a member's content is in the tar: `offset` and `size` in bytes."""

    offset: int
    size: int


class SampleOffsets(NamedTuple):
    """A sample in its tar: from `start` (its first header) to `stop` (exclusive), and each member's content."""

    row: int
    key: str
    start: int
    stop: int
    members: dict[str, Span]


def entry_offsets(paths: OutputPaths, contract: Contract, entry: Entry) -> Iterator[SampleOffsets]:
    """Where every sample is in the tar of a ledger entry.

    Raises:
        ValueError: the entry's sizes are damaged.
    """
    sizes = parse_sizes(entry.sizes)
    if contract.form.own_keys:
        sized = list(sizes)
        yield from sample_offsets(zip(entry.keys, sized, strict=True), contract.members)
    else:
        yield from sample_offsets(((sample_key(paths.dataset, one.row), one) for one in sizes), contract.members)


def sample_offsets(samples: Iterable[tuple[str, SampleSizes]], members: Sequence[str]) -> Iterator[SampleOffsets]:
    """Where every sample is in a shard's tar: a header block before each content, which is padded to a block.

    Args:
        samples: the key and the sizes of each.
        members: their endings, in the order of the sizes.
    """
    offset = 0
    for key, (row, numbers) in samples:
        start, spans = offset, {}
        for ending, size in zip(members, numbers, strict=True):
            if size != ABSENT:
                spans[ending] = Span(offset + BLOCK, size)
                offset += BLOCK + padded(size)
        yield SampleOffsets(row, key, start, offset, spans)

"""Where each member is in a tar, from the members' sizes alone: the layout of USTAR gives the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from vwd.corpora.sample import sample_key
from vwd.shards.contract import Contract
from vwd.shards.ledger import Entry
from vwd.shards.paths import OutputPaths

BLOCK = 512


class SampleSizes(NamedTuple):
    """A sample's row, and the sizes of its members in bytes, in their order."""

    row: int
    members: tuple[int, ...]


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


def format_sizes(samples: Iterable[SampleSizes]) -> str:
    """Sizes as one string that JSON readers skip quickly: `0:163204,88,412,5120 1:…`."""
    return " ".join(f"{row}:{','.join(map(str, members))}" for row, members in samples)


def parse_sizes(text: str) -> Iterator[SampleSizes]:
    """The inverse of `format_sizes`.

    Raises:
        ValueError: the text has another form.
    """
    for word in text.split():
        row, _, members = word.partition(":")
        yield SampleSizes(int(row), tuple(map(int, members.split(","))))


def entry_offsets(paths: OutputPaths, contract: Contract, entry: Entry) -> Iterator[SampleOffsets]:
    """Where every sample is in the tar of a ledger entry.

    Raises:
        ValueError: the entry's sizes are damaged.
    """
    return sample_offsets(paths.dataset, contract.members, parse_sizes(entry.sizes))


def sample_offsets(dataset: str, members: Sequence[str], sizes: Iterable[SampleSizes]) -> Iterator[SampleOffsets]:
    """Where every sample is in a shard's tar: a header block before each content, which is padded to a block.

    Args:
        members: their endings, in the order of the sizes.
    """
    offset = 0
    for row, numbers in sizes:
        start, spans = offset, {}
        for ending, size in zip(members, numbers, strict=True):
            spans[ending] = Span(offset + BLOCK, size)
            offset += BLOCK + -(-size // BLOCK) * BLOCK
        yield SampleOffsets(row, sample_key(dataset, row), start, offset, spans)

"""Where each member stands in a tar, from nothing but the members' sizes: the layout of USTAR does the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from vwd.shards.paths import OutputPaths, sample_key

if TYPE_CHECKING:
    from vwd.shards.ledger import Entry

BLOCK = 512


class Sizes(NamedTuple):
    """A sample's row, and the sizes of its members in bytes, in the order in which they stand."""

    row: int
    members: tuple[int, ...]


class Place(NamedTuple):
    """Where a member's content is in the tar: `offset` and `size` in bytes."""

    offset: int
    size: int


class SamplePlaces(NamedTuple):
    """A sample in its tar: from `start` (its first header) to `stop` (exclusive), and each member's content."""

    row: int
    key: str
    start: int
    stop: int
    members: dict[str, Place]


def sizes_text(samples: Iterable[Sizes]) -> str:
    """Sizes as one string that JSON readers pass over quickly: `0:163204,88,412,5120 1:…`."""
    return " ".join(f"{row}:{','.join(map(str, members))}" for row, members in samples)


def read_sizes(text: str) -> Iterator[Sizes]:
    """The inverse of `sizes_text`.

    Raises:
        ValueError: the text is no such thing.
    """
    for word in text.split():
        row, _, members = word.partition(":")
        yield Sizes(int(row), tuple(map(int, members.split(","))))


def places_in(paths: OutputPaths, contract: Mapping[str, Any], entry: Entry) -> Iterator[SamplePlaces]:
    """Where everything is in the tar of a ledger entry.

    Raises:
        ValueError: the entry does not tell.
    """
    return places(paths.dataset, contract["members"], read_sizes(entry.sizes))


def places(dataset: str, members: Sequence[str], sizes: Iterable[Sizes]) -> Iterator[SamplePlaces]:
    """Where everything is in a shard's tar: a header block before each content, which is filled up to a block.

    Args:
        members: their endings, in the order of the sizes.
    """
    offset = 0
    for row, numbers in sizes:
        start, found = offset, {}
        for ending, size in zip(members, numbers, strict=True):
            found[ending] = Place(offset + BLOCK, size)
            offset += BLOCK + -(-size // BLOCK) * BLOCK
        yield SamplePlaces(row, sample_key(dataset, row), start, offset, found)

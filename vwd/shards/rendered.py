"""What is known of rows that were rendered: those of a whole shard, or of a part of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vwd.shards.entry import SkippedRow

CacheCounts = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class RenderedRows:
    """What a ledger entry says of rows, all but the tar's hash. The blocks themselves are in a file.

    Attributes:
        size: of the samples' blocks in bytes, as they are in the tar.
        sizes: as in an entry.
        checksums: of the members of each sample, joined.
        keys: of the samples, where they are not made of their rows' numbers.
        kept: samples of faulty rows, by code.
        seconds: of wall-clock time, of workers added up.
        placed: whether the blocks of a part are where they belong in the shard's tar, and not in a file of their own.
        cache: for each of the encoder's caches, look-ups and hits.
    """

    samples: int = 0
    skips: tuple[SkippedRow, ...] = ()
    size: int = 0
    sizes: str = ""
    checksums: bytes = b""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    keys: tuple[str, ...] = ()
    kept: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    placed: bool = False
    cache: CacheCounts = field(default_factory=dict)


def joined(parts: Sequence[RenderedRows]) -> RenderedRows:
    """What is known of the rows of several parts, in their order."""
    cache: CacheCounts = {}
    for part in parts:
        for name, (lookups, hits) in part.cache.items():
            before = cache.get(name, (0, 0))
            cache[name] = before[0] + lookups, before[1] + hits
    return RenderedRows(
        samples=sum(part.samples for part in parts),
        skips=tuple(skip for part in parts for skip in part.skips),
        size=sum(part.size for part in parts),
        sizes=" ".join(part.sizes for part in parts if part.sizes),
        checksums=b"".join(part.checksums for part in parts),
        prompt_tokens=sum(part.prompt_tokens for part in parts),
        answer_tokens=sum(part.answer_tokens for part in parts),
        keys=tuple(key for part in parts for key in part.keys),
        kept=sum((Counter(part.kept) for part in parts), Counter()),
        seconds=sum(part.seconds for part in parts),
        cache=cache,
    )

"""The sizes of a shard's members as one string of its ledger entry: with them no tar need be opened to find one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from vwd.shards.headers import BLOCK, padded

_RECORD = 20 * BLOCK
_SIZE = r"(?:[0-9]{1,18}|-)"
_WORD = re.compile(rf"([0-9]{{1,18}}):({_SIZE}(?:,{_SIZE}){{0,15}})")
# The size of a member that a sample is without; "-" in the string.
ABSENT = -1


class SampleSizes(NamedTuple):
    """A sample's row, and the sizes of its members in bytes, in their order; `ABSENT` for one that it is without."""

    row: int
    members: tuple[int, ...]


def format_sizes(samples: Iterable[SampleSizes]) -> str:
    """Sizes as one string that JSON readers skip quickly: `0:163204,88,412,5120 1:…`."""
    return " ".join(f"{row}:{','.join(map(str, members))}" for row, members in samples).replace(str(ABSENT), "-")


def parse_sizes(text: str) -> Iterator[SampleSizes]:
    """The inverse of `format_sizes`.

    Raises:
        ValueError: the text has another form.
    """
    for word in text.split(" ") if text else ():
        found = _WORD.fullmatch(word)
        if not found:
            raise ValueError(f"$.sizes has '{word[:40]}' where row:size,size,… should be")
        yield SampleSizes(int(found[1]), tuple(map(int, found[2].replace("-", str(ABSENT)).split(","))))


def tar_bytes(samples: Iterable[SampleSizes]) -> int:
    """How many bytes a tar of these members has: headers and padding, and two empty blocks, up to whole records."""
    content = sum(BLOCK + padded(size) for _, members in samples for size in members if size >= 0) + 2 * BLOCK
    return -(-content // _RECORD) * _RECORD

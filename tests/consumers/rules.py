"""What readers of shards require of a tar, checked from its bytes alone, without the product's own reader."""

from __future__ import annotations

import json
import re
import struct
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_ENDING = re.compile(r"[a-z0-9]+(\.[a-z0-9]+)*")


class Member(NamedTuple):
    """A member as in its header: `kind` is the type flag, `magic` the eight bytes that identify USTAR."""

    name: str
    kind: bytes
    magic: bytes
    data: bytes

    @property
    def key(self) -> str:
        return self.name.partition(".")[0]

    @property
    def ending(self) -> str:
        return self.name.partition(".")[2]


def read_blocks(data: bytes) -> tuple[list[Member], int]:
    """The members of a tar up to its first block of zeros, and how many bytes there are from there on."""
    members, place = [], 0
    while place < len(data) and data[place : place + 512].strip(b"\0"):
        header = data[place : place + 512]
        size = int(header[124:136].strip(b"\0 "), 8)
        content = data[place + 512 : place + 512 + size]
        members.append(Member(header[:100].rstrip(b"\0").decode(), header[156:157], header[257:265], content))
        place += 512 + -(-size // 512) * 512
    return members, len(data) - place


def broken_rules(tars: list[Path]) -> set[str]:
    """The rules that any of these tars breaks, one word for each."""
    contents = [read_blocks(tar.read_bytes()) for tar in tars]
    members = [member for found, _ in contents for member in found]
    broken = {"empty" for found, _ in contents if not found} | {"end" for _, rest in contents if rest < 1024}
    broken |= {"ustar" for member in members if member.kind not in b"0" or member.magic != b"ustar\x0000"}
    if any(not _KEY.fullmatch(member.key) or not _ENDING.fullmatch(member.ending) for member in members):
        broken.add("key")
    samples = [(key, list(sample)) for found, _ in contents for key, sample in groupby(found, key=lambda m: m.key)]
    if any(count > 1 for count in Counter(key for key, _ in samples).values()):
        broken.add("unique")  # the same key in two places: two samples of one key, or the halves of a torn one
    expected = [member.ending for member in samples[0][1]] if samples else []
    if expected[:1] != ["mp4"] or any([member.ending for member in sample] != expected for _, sample in samples):
        broken.add("complete")
    tables = ([kind for kind, _, _ in boxes(member.data)] for member in members if member.ending == "mp4")
    broken |= {"moov" for kinds in tables if kinds.index(b"moov") > kinds.index(b"mdat")}
    return broken | set(_broken_json(members))


def _broken_json(members: list[Member]) -> Iterator[str]:
    shapes: dict[str, Any] = {}
    for member in members:
        if not member.ending.endswith("json"):
            continue
        try:
            value = json.loads(member.data)
            json.dumps(value, ensure_ascii=False).encode()
        except ValueError:
            yield "json"
            continue
        if shape(value) != shapes.setdefault(member.ending, shape(value)):
            yield "fields"


def shape(value: Any) -> Any:
    """Names and types of a JSON value, in order; for a list those of its elements, without duplicates."""
    if isinstance(value, dict):
        return [(name, shape(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        kinds = [shape(inner) for inner in value]
        return [kind for n, kind in enumerate(kinds) if kind not in kinds[:n]]
    if isinstance(value, int) and abs(value) >= 2**63:
        return "more than 63 bits"
    return type(value).__name__


def boxes(video: bytes) -> list[tuple[bytes, int, int]]:
    """The outermost boxes of an mp4: kind, start, end."""
    found, place = [], 0
    while place < len(video):
        size, kind = struct.unpack_from(">I4s", video, place)
        found.append((kind, place, place + size))
        place += size
    return found

"""A ledger entry: what is known of one complete shard, and its JSON as one typed model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from sys import intern
from typing import Annotated, Any

import msgspec

from vwd.corpora.sample import SkipCode
from vwd.limits import COUNT_LIMIT
from vwd.shards.plan import ShardRange
from vwd.storage.typed_json import decode

# Beyond any shard: numbers that a machine word cannot hold are damage.
_Count = Annotated[int, msgspec.Meta(ge=0, lt=COUNT_LIMIT)]
_Seconds = Annotated[float, msgspec.Meta(ge=0, lt=COUNT_LIMIT)]


@dataclass(frozen=True)
class SkippedRow:
    """A row without a sample, and why."""

    index: int
    code: SkipCode
    detail: str


@dataclass(frozen=True)
class Entry:
    """What is known of a complete shard: all of its rows are samples or skips.

    Attributes:
        start, stop: its rows, from `start` to `stop` (exclusive).
        whole: False where it was cut short by `num_samples`.
        bytes, sha256: of the tar; 0 and "" where every row was skipped: then there is no tar.
        sizes: of the members of each sample, as one string (see `vwd.shards.offsets`).
        checksums: of the members of each sample, as one string (see `vwd.shards.checksums`); "" before format 3.
        keys: of the samples, in their order, where they are not made of their rows' numbers.
        contract: the identity of the output's contract; "" in older entries.
        kept: samples whose row has a fault, by its code; most content skips such rows.
        seconds: of wall-clock time of workers, added up.
        parts: how many workers shared it, about at the same time.
        finished: seconds since 1970.
        cache: for each of the encoder's caches, look-ups and hits.
        writer: host, process, the kernel that composed the videos and, under Slurm, job and task.
    """

    number: int
    start: int
    stop: int
    whole: bool
    samples: int
    skips: tuple[SkippedRow, ...]
    bytes: int
    sha256: str
    prompt_tokens: int
    answer_tokens: int
    seconds: float
    finished: float
    sizes: str
    checksums: str = ""
    keys: tuple[str, ...] = ()
    contract: str = ""
    kept: Mapping[str, int] = field(default_factory=dict)
    parts: int = 1
    writer: dict[str, str] = field(default_factory=dict)
    cache: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.stop - self.start != self.samples + len(self.skips):
            raise ValueError(
                f"{self.stop - self.start} rows are not {self.samples} samples and {len(self.skips)} skips"
            )

    @property
    def skips_by_code(self) -> Counter[str]:
        return Counter(skip.code.value for skip in self.skips)

    def covers(self, shard: ShardRange) -> bool:
        """Whether this shard holds all rows of a range."""
        return self.stop >= shard.stop

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        for name in ("keys", "kept", "contract"):  # as older entries do not have them
            if not data[name]:
                del data[name]
        data["skips"] = {
            code: [{"index": s.index, "detail": s.detail} for s in self.skips if s.code.value == code]
            for code in sorted(self.skips_by_code)
        }
        return data


class _Skip(msgspec.Struct, frozen=True):
    index: _Count
    detail: str


class _Model(msgspec.Struct, kw_only=True):
    number: _Count
    start: _Count
    stop: _Count
    whole: bool
    samples: _Count
    skips: dict[SkipCode, list[_Skip]]
    bytes: _Count
    sha256: Annotated[str, msgspec.Meta(pattern=r"^(|[0-9a-f]{64})\Z")]
    prompt_tokens: _Count
    answer_tokens: _Count
    seconds: _Seconds
    finished: _Seconds
    sizes: str
    checksums: str = ""
    keys: tuple[str, ...] = ()
    contract: Annotated[str, msgspec.Meta(pattern=r"^(|[0-9a-f]{16})\Z")] = ""
    kept: dict[str, _Count] = {}
    parts: Annotated[int, msgspec.Meta(ge=1, lt=COUNT_LIMIT)] = 1
    writer: dict[str, str] = {}
    cache: dict[str, tuple[_Count, _Count]] = {}


_DECODER = msgspec.json.Decoder(_Model)


def parse_entry(data: bytes) -> Entry:
    """An entry from the content of its file.

    Raises:
        ValueError: a field is missing or invalid; names it.
    """
    model: _Model = decode(_DECODER, data)
    values = {name: getattr(model, name) for name in model.__struct_fields__}
    skips = [SkippedRow(row.index, code, row.detail) for code, rows in model.skips.items() for row in rows]
    values["skips"] = tuple(sorted(skips, key=lambda skip: skip.index))
    values["contract"] = intern(model.contract)  # the same for all entries of a large ledger
    return Entry(**values)

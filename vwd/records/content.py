"""Records as the content of an output: `json`, and `jpg` where a row has an image; keys are the rows' ids."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version

from vwd.corpora.sample import Row, Skip
from vwd.corpora.sources.rows import Rows
from vwd.limits import LARGEST_RECORD
from vwd.records.jpeg import QUALITY, native_check
from vwd.records.record import COLUMNS, MEMBERS, Record, read_record
from vwd.shards.content import Maker, PackedSample
from vwd.shards.contract import Contract

_, _IMAGE = MEMBERS


@dataclass(frozen=True)
class Records:
    """Rows of Parquet files with `id`, `image`, `conversations` and `data_source`.

    Attributes:
        dataset: the name of the shards.
        skip_invalid: whether rows with a fault are left out; kept ones have a field `invalid`.
        repeated: the rows whose id an earlier one has (see `vwd.records.duplicates`).
    """

    dataset: str
    shard_size: int
    skip_invalid: bool = True
    repeated: frozenset[int] = field(default=frozenset(), repr=False)

    @property
    def wanted(self) -> Collection[str] | None:
        return COLUMNS

    def contract(self, rows: Rows) -> Contract:
        faulty = "skipped" if self.skip_invalid else "kept"
        return records_contract(self.dataset, self.shard_size, rows, {"name": "records", "faulty_rows": faulty})

    def load(self) -> None:
        load_readers()

    def open(self) -> Maker:
        return _RecordMaker(self)


def records_contract(dataset: str, shard_size: int, rows: Rows, content: dict[str, str]) -> Contract:
    """The contract of shards of records."""
    return Contract(
        rows=rows.count,
        shard_size=shard_size,
        shuffle_seed=None,
        members=MEMBERS,
        video=None,
        dataset=dataset,
        source=dict(rows.identity),
        columns=rows.columns,
        libraries={"pillow": version("pillow")},
        max_row_bytes=LARGEST_RECORD,
        content={**content, "jpeg_quality": str(QUALITY)},
        optional=(_IMAGE,),
        own_keys=True,
    )


def load_readers() -> None:
    """Loads what reads rows, and their images."""
    import_module("pyarrow.parquet")
    load_decoders()


def load_decoders() -> None:
    """Loads what reads images."""
    from PIL import Image

    Image.init()
    native_check()


def packed(record: Record, skip_invalid: bool) -> PackedSample | Skip:
    """A record as it goes into a tar, or the fault for which it does not."""
    if record.fault and (skip_invalid or not record.key):
        return record.fault
    return PackedSample(record.key, record.members, fault=record.fault.code if record.fault else None)


class _RecordMaker(Maker):
    def __init__(self, content: Records) -> None:
        self._content = content

    def make(self, index: int, row: Row) -> PackedSample | Skip:
        return packed(read_record(row, index in self._content.repeated), self._content.skip_invalid)

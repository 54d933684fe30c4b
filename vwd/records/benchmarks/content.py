"""Unified records as the content of an output: a question and its answer as turns, beside the image."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from vwd.corpora.sample import RefusedRow, Row, Skip, SkipCode
from vwd.corpora.sources.rows import Rows
from vwd.limits import LARGEST_JSON_MEMBER, LARGEST_RECORD
from vwd.records.benchmarks.schema import ImageRef, UnifiedRecord
from vwd.records.content import load_decoders, packed, records_contract
from vwd.records.conversations import IMAGE_MARK, Turn
from vwd.records.faults import FaultError
from vwd.records.jpeg import ImageError, to_jpeg
from vwd.records.keys import record_key
from vwd.records.record import Record, record_json
from vwd.shards.content import Maker, PackedSample
from vwd.shards.contract import Contract
from vwd.storage.regular import read_regular

# What tells the records of a merged file apart.
IDENTITY_COLUMNS = ("dataset", "id")


@dataclass(frozen=True)
class UnifiedRecords:
    """Lines of unified JSONL; attributes as of `vwd.records.content.Records`."""

    dataset: str
    shard_size: int
    repeated: frozenset[int] = field(default=frozenset(), repr=False)

    @property
    def wanted(self) -> Collection[str] | None:
        return None

    def contract(self, rows: Rows) -> Contract:
        return records_contract(self.dataset, self.shard_size, rows, {"name": "unified records"})

    def load(self) -> None:
        load_decoders()

    def open(self) -> Maker:
        return _UnifiedMaker(self)


def unified_identity(row: Row) -> str:
    """A record's dataset and id as one text; "" where it has no id."""
    return f"{row.get('dataset')}/{row['id']}" if row.get("id") else ""


def unified_sample(row: Row, repeated: bool = False) -> Record:
    """A line as a record with the members `json` and, where it has an image, `jpg`."""
    if isinstance(row, RefusedRow):
        return Record("", {}, Skip(SkipCode.BAD_ROW, row.detail))
    try:
        one = msgspec.convert(row, UnifiedRecord, strict=False)  # rows of files have numbers as they are written
    except (msgspec.ValidationError, UnicodeEncodeError) as error:  # half of a surrogate pair in place of a number
        return Record("", {}, Skip(SkipCode.BAD_ROW, f"not a unified record: {str(error).replace('`', '')}"))
    if not one.id:
        return Record("", {}, Skip(SkipCode.ID_MISSING, "the record has no id"))
    if repeated:
        return Record("", {}, Skip(SkipCode.ID_DUPLICATE, f"an earlier record has the id {one.id!r:.200}"))
    members: dict[str, bytes] = {"json": record_json(one.id, _turns(one), one.dataset, None)}
    if len(members["json"]) > LARGEST_JSON_MEMBER:
        return Record("", {}, Skip(SkipCode.BAD_ROW, f"{len(members['json']):,} bytes of JSON"))
    try:
        if one.image:
            members["jpg"] = _stored(one.image)
    except FaultError as error:
        return Record("", {}, error.fault)
    return Record(record_key(f"{one.dataset}/{one.id}"), members)


def _turns(one: UnifiedRecord) -> list[Turn]:
    """A question as it is asked of a model: the image, the hint, the question, the choices by letters."""
    choices = [f"{_letter(place)}. {text}" for place, text in enumerate(one.choices or [])]
    asked = [IMAGE_MARK] if one.image else []
    asked += [text for text in (one.context, one.question) if text] + choices
    turns = [{"role": "user", "content": "\n".join(asked)}]
    label, text = one.answer.label, one.answer.text
    if text:
        chosen = choices[label] if label is not None and 0 <= label < len(choices) else text
        turns.append({"role": "assistant", "content": chosen})
    return turns


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else str(place + 1)


def _stored(image: ImageRef) -> bytes:
    """The image that a record names, as it was when the record was made.

    Raises:
        FaultError: it is not stored, not there any more, or another one.
    """
    if image.path is None:
        raise FaultError(SkipCode.IMAGE_MISSING, "the image was not stored: prepare with `download_images`")
    try:
        data = read_regular(Path(image.path), LARGEST_RECORD)
    except FileNotFoundError as error:
        raise FaultError(SkipCode.IMAGE_MISSING, f"{image.path}: not there") from error
    except (OSError, ValueError) as error:
        raise FaultError(SkipCode.IMAGE_UNREADABLE, f"{image.path}: {error}") from error
    if image.sha1 and hashlib.sha1(data, usedforsecurity=False).hexdigest() != image.sha1:
        raise FaultError(SkipCode.IMAGE_UNREADABLE, f"{image.path}: not the image that the record was made with")
    try:
        return to_jpeg(data)
    except ImageError as error:
        raise FaultError(SkipCode.IMAGE_UNREADABLE, f"{image.path}: {error}") from error


class _UnifiedMaker(Maker):
    def __init__(self, content: UnifiedRecords) -> None:
        self._repeated = content.repeated

    def make(self, index: int, row: Row) -> PackedSample | Skip:
        return packed(unified_sample(row, index in self._repeated), True)


def is_unified(columns: Mapping[str, object] | Collection[str]) -> bool:
    """Whether rows with these columns may be unified records."""
    return {"id", "dataset", "question", "answer"} <= set(columns)

"""A row of Parquet as a record: its id, its conversation, its source, and its image as JPEG."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from vwd.corpora.sample import RefusedRow, Row, Skip, SkipCode
from vwd.corpora.surrogates import replace_surrogates_in
from vwd.limits import LARGEST_JSON_MEMBER
from vwd.records.conversations import Turn, mentions_image, parse_conversations
from vwd.records.faults import FaultError
from vwd.records.jpeg import ImageError, to_jpeg
from vwd.records.keys import record_key

# The columns that are read. Of several ids the first that is there counts.
ID_COLUMNS = ("id", "__key__", "sample_id", "key")
COLUMNS = (*ID_COLUMNS, "image", "conversations", "data_source")
MEMBERS = ("json", "jpg")


@dataclass(frozen=True)
class Record:
    """A row as it becomes a sample.

    Attributes:
        key: "" where the row has no id of its own, so that it cannot be a sample.
        members: `json` and, where there is an image, `jpg`.
        fault: what is wrong with it.
    """

    key: str
    members: Mapping[str, bytes]
    fault: Skip | None = None


def read_record(row: Row, repeated: bool = False) -> Record:
    """Judges a row: its id, then its conversation, then its image; the first fault counts.

    Args:
        repeated: whether an earlier row has the same id.
    """
    if isinstance(row, RefusedRow):
        return Record("", {}, Skip(SkipCode.BAD_ROW, row.detail))
    identity = record_id(row)
    if not identity:
        return Record("", {}, Skip(SkipCode.ID_MISSING, "no id in " + ", ".join(ID_COLUMNS)))
    if repeated:
        return Record("", {}, Skip(SkipCode.ID_DUPLICATE, f"an earlier row has the id {identity!r:.200}"))
    turns: list[Turn] = []
    image, fault = None, None
    try:
        turns = parse_conversations(row.get("conversations"))
        image = _image(row.get("image"), mentions_image(turns))
    except FaultError as error:
        fault = error.fault
    members = {"json": record_json(identity, turns, row.get("data_source"), fault)}
    if len(members["json"]) > LARGEST_JSON_MEMBER:
        what = f"{len(members['json']):,} bytes of JSON, more than {LARGEST_JSON_MEMBER:,}"
        return Record("", {}, Skip(SkipCode.BAD_ROW, what))
    if image is not None:
        members["jpg"] = image
    return Record(record_key(identity), members, fault)


def record_id(row: Row) -> str:
    """A row's id as text; "" where it has none. Whole numbers lose the `.0` that they have in columns with gaps."""
    for name in ID_COLUMNS:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, bytes) and value.strip():
            return value.decode("utf-8", "backslashreplace")
        if isinstance(value, float) and math.isfinite(value):
            return str(int(value)) if value.is_integer() else repr(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def _image(value: Any, wanted: bool) -> bytes | None:
    """A row's image as JPEG, of a list the only one; None where it has none, and none is wanted.

    Raises:
        FaultError: there is none, or it is not whole.
    """
    if isinstance(value, list):
        if len(value) > 1:
            raise FaultError(SkipCode.IMAGE_UNREADABLE, f"the row has {len(value)} images, and a sample has one")
        value = value[0] if value else None
    data = value.get("bytes") if isinstance(value, Mapping) else value
    if data is None:
        if wanted:
            raise FaultError(SkipCode.IMAGE_MISSING, "<image> stands in the text, and the row has none")
        return None
    if not isinstance(data, bytes):
        raise FaultError(SkipCode.IMAGE_UNREADABLE, "the column image holds no bytes")
    if not data:
        raise FaultError(SkipCode.IMAGE_EMPTY, "the image has 0 bytes")
    try:
        return to_jpeg(data)
    except ImageError as error:
        raise FaultError(SkipCode.IMAGE_UNREADABLE, str(error)) from error


def record_json(identity: str, turns: list[Turn], source: Any, fault: Skip | None) -> bytes:
    """The record as its readers know it; one that is kept in spite of a fault names it."""
    named = source if isinstance(source, str) else None if source is None else str(source)
    record = {"id": identity, "conversations": turns, "data_source": named}
    if fault:
        record["invalid"] = fault.code.value
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:
        return msgspec.json.encode(replace_surrogates_in(record))

"""The unified record: one line of JSONL for a question about an image, whatever benchmark it comes from."""

from __future__ import annotations

from typing import Any

import msgspec

from vwd.corpora.surrogates import replace_surrogates_in
from vwd.storage.typed_json import decode

SCHEMA_VERSION = "v1"


class ImageRef(msgspec.Struct, frozen=True):
    """Where a record's image is.

    Attributes:
        source: "file" where `path` holds a copy; "row" where `url` names the row and column that hold its bytes; "url".
        path: of the copy, as `image_dir` was given.
        url: `hf://datasets/…` or the file's name, then `#row=…&column=…`; or an address.
        sha1: of the copy's bytes.
    """

    source: str
    path: str | None = None
    url: str | None = None
    sha1: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """An answer.

    Attributes:
        text: the right choice's text, or the answer that most give.
        aliases: other answers that count.
        label: the right choice's place, from 0.
        raw: as the source has it.
    """

    text: str | None = None
    aliases: list[str] | None = None
    label: int | None = None
    raw: Any = None


class Meta(msgspec.Struct, frozen=True):
    """Where a record comes from: which column each field was read from, and what else the row says."""

    language: str | None = None
    source_fields: dict[str, str] = {}
    extra: dict[str, Any] = {}


class UnifiedRecord(msgspec.Struct, frozen=True):
    """One question. `context` is a hint; `choices` are None where the answer is free."""

    id: str
    dataset: str
    split: str
    task_type: str
    image: ImageRef | None
    question: str
    context: str | None
    choices: list[str] | None
    answer: Answer
    meta: Meta


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(UnifiedRecord)


def encode_record(record: UnifiedRecord) -> bytes:
    """A record as a line of JSONL, in UTF-8; U+FFFD stands for half of a surrogate pair."""
    try:
        return _ENCODER.encode(record) + b"\n"
    except UnicodeEncodeError:
        return _ENCODER.encode(replace_surrogates_in(msgspec.to_builtins(record))) + b"\n"


def parse_record(line: bytes) -> UnifiedRecord:
    """A record from its line.

    Raises:
        ValueError: a field is missing or invalid; names it.
    """
    return decode(_DECODER, line)

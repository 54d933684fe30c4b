"""A fast decoder of `storyboard.json`: typed by its fields, without a dict of each word."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from vwd.shards.json_types import JsonType
from vwd.shards.sample_fields import FIELDS
from vwd.text.storyboard import Box

# What decoding gives for fields that earlier formats do not have.
_DEFAULTS: dict[str, Any] = {"start": -1, "end": -1, "separator_page": msgspec.UNSET, "final_words": msgspec.UNSET}


# What of a word is drawn; the rest of it is skipped.
_DRAWN = {"text", "frame", "page", "box"}


@cache
def storyboard_decoder(drawn: bool = False) -> msgspec.json.Decoder[Any]:
    """Reads JSON into an object with the attributes `FIELDS`; what earlier formats do not have may be missing.

    Args:
        drawn: of words only what is drawn, with boxes as plain tuples, in half the time.
    """

    def typed(kind: JsonType, name: str = "") -> Any:
        if name in ("box", "separator"):
            return tuple[int, int, int, int] if drawn else Box
        if isinstance(kind, list):
            return list[typed(kind[0])]  # type: ignore[misc]
        return struct(kind) if isinstance(kind, dict) else kind

    def struct(fields: dict[str, JsonType]) -> type:
        if drawn and "box" in fields:
            fields = {name: kind for name, kind in fields.items() if name in _DRAWN}
        named: list[Any] = [(name, typed(kind, name)) for name, kind in fields.items() if name not in _DEFAULTS]
        more = [
            (
                name,
                typed(fields[name]) | msgspec.UnsetType if default is msgspec.UNSET else typed(fields[name]),
                default,
            )
            for name, default in _DEFAULTS.items()
            if name in fields
        ]
        return msgspec.defstruct("Fields", named + more, gc=False)

    return msgspec.json.Decoder(typed(FIELDS))

"""The fields of a sample's JSON members, in order, with their types.

A new field of a storyboard is an attribute of `StoryboardRecord` or `Storyboard`, and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vwd.shards.json_types import JsonType

PROMPT_FIELDS: dict[str, JsonType] = {"video_path": str, "prompt": str}
# Names, order and types are the same in every sample: some readers take those of the first few for those of all.
FIELDS: dict[str, JsonType] = {
    "dataset": str,
    "index": int,
    "kind": str,
    "question": str,
    "answer": str,
    "final_answer": str,
    "fps": float,
    "language": str,
    "frames": int,
    "width": int,
    "height": int,
    "font_size": int,
    "pages": int,
    "prompt_frames": int,
    "page_starts": [int],
    "separator": [int],
    "words": [{"text": str, "frame": int, "page": int, "box": [int], "start": int, "end": int}],
    "separator_page": int,
    "final_words": [int],
}
# The contract's format that has these fields, and those of earlier ones.
FIELDS_SINCE = 4
LATER_FIELDS = ("separator_page", "final_words")
EARLIER_FIELDS: dict[str, JsonType] = {
    **{name: kind for name, kind in FIELDS.items() if name not in LATER_FIELDS},
    "words": [{"text": str, "frame": int, "page": int, "box": [int]}],
}


def fields_of(data: Mapping[str, Any]) -> dict[str, JsonType]:
    """The fields of a storyboard's format: what was added later is there wholly, or not at all."""
    return FIELDS if "separator_page" in data or "final_words" in data else EARLIER_FIELDS

"""Halves of surrogate pairs: JSON can escape them, and so texts may have them, but nothing can be written with one."""

from __future__ import annotations

from typing import Any


def replace_surrogates(text: str) -> str:
    """A text with U+FFFD, the replacement character, for each half of a pair; and the character for each whole pair."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def replace_surrogates_in(value: Any) -> Any:
    """The same in every text and name of a JSON tree."""
    if isinstance(value, dict):
        return {replace_surrogates_in(name): replace_surrogates_in(own) for name, own in value.items()}
    if isinstance(value, list | tuple):
        return [replace_surrogates_in(own) for own in value]
    return replace_surrogates(value) if isinstance(value, str) else value

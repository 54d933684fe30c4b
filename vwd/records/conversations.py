"""Conversations of a row as turns of `role` and `content`, whatever names its columns have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vwd.corpora.sample import SkipCode
from vwd.records.faults import FaultError

Turn = dict[str, str]

IMAGE_MARK = "<image>"
_ROLES = {"human": "user", "gpt": "assistant"}
_EMPTY, _MALFORMED = SkipCode.CONVERSATIONS_EMPTY, SkipCode.CONVERSATIONS_MALFORMED


def parse_conversations(value: Any) -> list[Turn]:
    """The turns of a row's `conversations`: of `role` and `content`, or of `from` and `value`.

    `human` and `gpt` become `user` and `assistant`; other roles, and every text, stay as they are.

    Raises:
        FaultError: there is no text at all, or it is something else than a list of turns.
    """
    if value is None:
        raise FaultError(_EMPTY, "conversations is null")
    if not isinstance(value, list):
        raise FaultError(_MALFORMED, f"conversations is not a list but {_kind(value)}")
    turns = [_turn(turn, place) for place, turn in enumerate(value)]
    if not any(turn["content"].strip() for turn in turns):
        raise FaultError(_EMPTY, f"no text in {len(turns)} turns" if turns else "conversations has no turn")
    return turns


def mentions_image(turns: list[Turn]) -> bool:
    """Whether a turn says where an image belongs."""
    return any(IMAGE_MARK in turn["content"] for turn in turns)


def _turn(value: Any, place: int) -> Turn:
    if not isinstance(value, Mapping):
        raise FaultError(_MALFORMED, f"turn {place} is not an object but {_kind(value)}")
    role, content = _first(value, "role", "from"), _first(value, "content", "value")
    if content is None and role is None:
        return {"role": "", "content": ""}  # no text, as judged by the caller
    if not isinstance(role, str) or not role.strip():
        raise FaultError(_MALFORMED, f"turn {place} has no role")
    if content is None:
        return {"role": _role(role), "content": ""}
    if not isinstance(content, str):
        raise FaultError(_MALFORMED, f"turn {place}: its text is {_kind(content)}")
    return {"role": _role(role), "content": content}


def _first(turn: Mapping[str, Any], *names: str) -> Any:
    """The first of several fields that is not null: rows of both forms may be in one file."""
    return next((turn[name] for name in names if turn.get(name) is not None), None)


def _role(role: str) -> str:
    return _ROLES.get(role.strip().lower(), role.strip())


def _kind(value: Any) -> str:
    return {str: "text", list: "a list", dict: "an object", bool: "true or false"}.get(type(value), "a number")

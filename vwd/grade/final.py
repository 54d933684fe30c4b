"""The final answer in what was read: behind the words that announce it, or else the last number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from vwd.grade.numbers import numbers_in, placed_numbers, plain
from vwd.readback import UNREADABLE

How = Literal["stated", "last_number", "none"]
_MARKS = (
    re.compile(
        r"so\s+the\s+(?:final\s+)?answer\s+is\s*:?|(?<!\w)(?:final\s+)?answer\s+is\s*:?|(?<!\w)answer\s*:",
        re.IGNORECASE,
    ),
    re.compile(r"答案\s*[是为]?\s*[:：]|答案\s*[是为]"),
    re.compile(r"(?:답|정답)\s*(?:은|:|：)"),
    re.compile(r"####"),
)
# A statement ends with its sentence or its line.
_END = re.compile(r"[.!?](?=\s|$)|[。！？\n]")


@dataclass(frozen=True)
class Final:
    """An answer that was found: its text, how, the text before it, and whether a character of it could not be read."""

    text: str
    how: How
    before: str
    unreadable: bool


def find_final_answer(text: str) -> Final:
    """The last final answer that a text states; without a statement its last number."""
    found = [match for mark in _MARKS for match in mark.finditer(text)]
    if found:
        last = max(found, key=lambda match: match.end())
        rest = text[last.end() :].lstrip(" \n")
        end = _END.search(rest)
        stated = (rest[: end.start()] if end else rest).strip()
        if stated:
            return Final(stated, "stated", text[: last.start()], UNREADABLE in stated)
    flat = plain(text)
    numbers = placed_numbers(flat)
    if not numbers:
        return Final("", "none", text, UNREADABLE in text)
    end_of_last = numbers[-1][1]
    start_of_last = numbers[-2][1] if len(numbers) > 1 else 0
    token = re.split(r"\s", flat[start_of_last:end_of_last])[-1]
    nearby = flat[max(0, end_of_last - len(token) - 1) :]
    return Final(token, "last_number", flat[: end_of_last - len(token)], UNREADABLE in nearby)


def reached_before(final: Final) -> bool:
    """Whether the steps before a stated number have it already."""
    stated = numbers_in(final.text)
    return bool(stated) and stated[0] in numbers_in(final.before)

"""Lists of shard numbers as text: `3,7,9-12`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from vwd.errors import UsageError

_PART = re.compile(r"(\d+)(?:-(\d+))?")


def numbers_text(numbers: Iterable[int]) -> str:
    """Numbers as text, rising, with neighbours drawn together: `3,7,9-12`."""
    ranges: list[list[int]] = []
    for number in sorted(set(numbers)):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def read_numbers(text: str) -> tuple[int, ...]:
    """The inverse of `numbers_text`: each number once, rising.

    Raises:
        UsageError: the text is no such list.
    """
    numbers: set[int] = set()
    for part in text.replace(",", " ").split():
        found = _PART.fullmatch(part)
        if not found or int(found[2] or found[1]) < int(found[1]):
            raise UsageError(f"'{part}' is no shard number and no range of them", "Give a list such as 3,7,9-12.")
        numbers.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    if not numbers:
        raise UsageError("the list of shards is empty", "Give a list such as 3,7,9-12.")
    return tuple(sorted(numbers))


def numbers_said(said: str | None) -> tuple[int, ...] | None:
    """The numbers that an option says, in a list or in a file that holds one; None where it says nothing.

    Raises:
        UsageError: it is neither.
    """
    if said is None:
        return None
    return read_numbers(Path(said).read_text("utf-8") if said and Path(said).is_file() else said)

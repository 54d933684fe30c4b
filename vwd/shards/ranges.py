"""Lists of shard numbers as text: `3,7,9-12`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from vwd.errors import UsageError

_PART = re.compile(r"(\d+)(?:-(\d+))?")


def format_ranges(numbers: Iterable[int]) -> str:
    """Numbers as text, rising, with consecutive ones as ranges: `3,7,9-12`."""
    ranges: list[list[int]] = []
    for number in sorted(set(numbers)):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def parse_ranges(text: str) -> tuple[int, ...]:
    """The inverse of `format_ranges`: each number once, rising.

    Raises:
        UsageError: the text is not such a list.
    """
    numbers: set[int] = set()
    for part in text.replace(",", " ").split():
        found = _PART.fullmatch(part)
        if not found or int(found[2] or found[1]) < int(found[1]):
            raise UsageError(f"'{part}' is neither a shard number nor a range of them", "Give a list such as 3,7,9-12.")
        numbers.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    if not numbers:
        raise UsageError("the list of shards is empty", "Give a list such as 3,7,9-12.")
    return tuple(sorted(numbers))


def load_ranges(value: str | None) -> tuple[int, ...] | None:
    """The numbers of an option's value: a list, or the name of a file that holds one; None for no value.

    Raises:
        UsageError: it is neither.
    """
    if value is None:
        return None
    return parse_ranges(Path(value).read_text("utf-8") if value and Path(value).is_file() else value)

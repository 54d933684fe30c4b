"""Lists of shard numbers as text: `3,7,9-12`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from vwd.errors import UsageError
from vwd.limits import LARGEST_SHARD_LIST, LARGEST_SHARD_NUMBER, MOST_LISTED_SHARDS
from vwd.storage.regular import read_regular

_PART = re.compile(r"([0-9]{1,12})(?:-([0-9]{1,12}))?")
_LIST = re.compile(r"[0-9,\s-]+")


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
        UsageError: the text is not such a list, or names more shards than an output can have.
    """
    numbers: set[int] = set()
    for part in text.replace(",", " ").split():
        found = _PART.fullmatch(part)
        if not found or int(found[2] or found[1]) < int(found[1]):
            shown = part if len(part) <= 40 else f"{part[:40]}…"
            raise UsageError(
                f"'{shown}' is neither a shard number nor a range of them", "Give a list such as 3,7,9-12."
            )
        first, last = int(found[1]), int(found[2] or found[1])
        if last > LARGEST_SHARD_NUMBER or last - first >= MOST_LISTED_SHARDS or len(numbers) > MOST_LISTED_SHARDS:
            raise UsageError(
                f"'{part}': more than {MOST_LISTED_SHARDS:,} shards, or a number above {LARGEST_SHARD_NUMBER:,}",
                "Name fewer, or leave it out.",
            )
        numbers.update(range(first, last + 1))
    if not numbers:
        raise UsageError("the list of shards is empty", "Give a list such as 3,7,9-12.")
    return tuple(sorted(numbers))


def load_ranges(value: str | None) -> tuple[int, ...] | None:
    """The numbers of an option's value: a list, or the name of a file that holds one; None for no value.

    Raises:
        UsageError: it is neither, or the file cannot be read.
    """
    if value is None:
        return None
    if not value or _LIST.fullmatch(value):
        return parse_ranges(value)
    try:
        return parse_ranges(read_regular(Path(value), LARGEST_SHARD_LIST).decode())
    except FileNotFoundError as error:
        raise UsageError(
            f"`shards` '{value[:80]}' is neither a list nor a file", "Give a list such as 3,7,9-12."
        ) from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"`shards` {value[:80]}: {why}", "Give a text file with a list such as 3,7,9-12.") from error

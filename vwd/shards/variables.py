"""Numbers in environment variables that others set: ASCII digits of a sensible size, or an error that names them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vwd.errors import UsageError

# `str.isdigit` also takes "²", which `int` does not; and `int` takes "１" and "1_0", which Slurm never writes.
_NUMBER = re.compile(r"[0-9]{1,9}")


def number_in(text: str) -> int | None:
    """The whole number that a text is, below a billion; None for any other text."""
    return int(text) if _NUMBER.fullmatch(text) else None


def count_variable(environment: Mapping[str, str], name: str, least: int, most: int, hint: str) -> int | None:
    """A variable's number; None where it is not set, or empty.

    Raises:
        UsageError: it is no whole number from `least` to `most`; carries the hint.
    """
    text = environment.get(name, "")
    if not text:
        return None
    number = number_in(text)
    if number is None or not least <= number <= most:
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        shown = shown if shown.isprintable() else ascii(shown)[1:-1]
        raise UsageError(f"{name}={shown} is not a whole number from {least:,} to {most:,}", hint)
    return number

"""How a setting's text becomes its value. Each raises a ValueError that says what the text is not."""

from __future__ import annotations

from collections.abc import Callable


def text(value: str) -> str:
    return value


def number(value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise ValueError("not a number") from error


def integer(value: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise ValueError("not a whole number") from error


def flag(value: str) -> bool:
    known = {"true": True, "false": False}
    if value.lower() not in known:
        raise ValueError("neither true nor false")
    return known[value.lower()]


def whole(least: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isdecimal() or int(value) < least:
            raise ValueError(f"not a whole number of at least {least}")
        return int(value)

    return parse


def choice(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"none of {', '.join(allowed)}")
        return value

    return parse


def sides(count: int) -> Callable[[str], str]:
    """Lengths like 48x80; kept as text, in which two configurations are compared."""

    def parse(value: str) -> str:
        parts = value.split("x")
        if len(parts) != count or not all(part.isdecimal() and int(part) for part in parts):
            raise ValueError(f"not of the form {'x'.join(['8'] * count)}")
        return value

    return parse


def lengths(value: str) -> tuple[int, ...]:
    """The numbers of `sides`."""
    return tuple(int(part) for part in value.split("x"))

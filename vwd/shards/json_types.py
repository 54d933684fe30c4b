"""Types of JSON values, and what of a value has another type than it should."""

from __future__ import annotations

from typing import Any

# A JSON value's type: str, int or float; [type] for a list; a dict of names for an object.
JsonType = Any


def type_problem(value: Any, kind: JsonType, where: str = "", exact: bool = False) -> str | None:
    """What of a JSON value has another type than it should, if anything has.

    Args:
        where: the value's place, for the message.
        exact: objects have exactly these fields in this order, and floats are written as such.
    """
    if isinstance(kind, dict):
        names = list(value) if isinstance(value, dict) else []
        if names != list(kind) if exact else not set(kind) <= set(names):
            return f"{where or 'it'} does not have the fields {', '.join(kind)}"
        fields = ((value[n], kind[n], f"{where}.{n}" if where else n) for n in kind)
        return next(filter(None, (type_problem(*field, exact) for field in fields)), None)
    if isinstance(kind, list):
        if not isinstance(value, list):
            return f"{where} is not a list"
        return next(filter(None, (type_problem(one, kind[0], where, exact) for one in value)), None)
    if type(value) is not kind and (exact or kind is not float or type(value) is not int):
        return f"{where} is {value!r:.40}, not {kind.__name__}"
    if kind is str and not _is_encodable(value):
        return f"{where} has half a character"
    if kind is int and not -(2**63) <= value < 2**63:
        return f"{where} is a number of more than 63 bits"
    return None


def _is_encodable(text: str) -> bool:
    """Whether a file can hold a text: half of a surrogate pair cannot be written."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

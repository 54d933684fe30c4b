"""Names that go into files and URLs, which are UTF-8; names on a disk may be any bytes."""

from __future__ import annotations

from pathlib import Path

from vwd.errors import UsageError


def require_utf8(name: Path | str, hint: str = "Rename it, or give another.") -> None:
    """Refuses a name that cannot be written as UTF-8.

    Args:
        hint: what to do about it.

    Raises:
        UsageError: it is not UTF-8.
    """
    try:
        str(name).encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{ascii(str(name))[1:-1]}: the name is not UTF-8", hint) from error

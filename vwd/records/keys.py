"""Ids as keys of samples, one to one: readers of shards cut names at dots, and take slashes for folders."""

from __future__ import annotations

import hashlib
import re

from vwd.limits import LONGEST_RECORD_KEY

# What stays as it is. A dot would end the key.
_PLAIN = re.compile(r"[A-Za-z0-9_-]")
_OTHER = re.compile(r"[^A-Za-z0-9_-]", re.DOTALL)
# No escape begins so: it marks a key that is cut.
_CUT = "%_"
_DIGEST_DIGITS = 64


def record_key(identity: str) -> str:
    """The key of an id: letters, digits, `_` and `-` as they are, any other character as the %XX of its UTF-8 bytes.

    A key that would be longer than a name in a tar may be keeps its beginning, then has `%_` and the
    id's sha256. No two
    ids have the same key.
    """
    key = _OTHER.sub(_escaped, identity)
    if len(key) <= LONGEST_RECORD_KEY:
        return key
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{key[: LONGEST_RECORD_KEY - _DIGEST_DIGITS - len(_CUT)]}{_CUT}{digest}"


def is_plain(name: str) -> bool:
    """Whether a name is its own key."""
    return len(name) <= LONGEST_RECORD_KEY and all(map(_PLAIN.fullmatch, name))


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))

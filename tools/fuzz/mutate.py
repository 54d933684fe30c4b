"""Damage of bytes and JSON: bits flipped, parts cut, repeated or zeroed; values replaced by hostile ones."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

HOSTILE: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2, 1.5, 1e308, -1e-320, 255, 8190, 65_535, 65_536, 10**12, 2**31, 2**62, 2**63, 2**70,
    -(2**70), "", " ", "x" * 10_000, "\ud800", "²", "../../outside/evil", "\u202e", "\x1b[2J\x07", "\0", "\n\nError: x",
    "`out`", [], {}, [[]], [0, 0], {"a": {}}, float("nan"), float("inf"), "1/0", "9" * 5000, "0/1", "s3://b/k", "gsm8k",
)  # fmt: skip
# What json.dumps cannot write: put in as it is.
RAW = (
    "9" * 200_000,
    "1e999999",
    "-0",
    "1e-99999999",
    "[" * 50_000 + "]" * 50_000,
    '{"a":' * 20_000 + "1" + "}" * 20_000,
)
_PLACE = "raw value"


def bytes_of(data: bytes, rng: random.Random) -> bytes:
    """A file's bytes with one kind of damage."""
    if not data:
        return rng.randbytes(rng.randrange(1, 600))
    at, to = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    kind = rng.randrange(7)
    if kind == 0:
        at = min(at, len(data) - 1)
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        return data[:at]
    if kind == 2:
        return data[:at] + data[to:]
    if kind == 3:
        return data[:to] + data[at:]
    if kind == 4:
        return data[:at] + bytes(to - at) + data[to:]
    if kind == 5:
        return data[:at] + rng.randbytes(rng.randrange(1, 64)) + data[at:]
    return rng.randbytes(rng.randrange(2000))


def json_of(data: bytes, rng: random.Random) -> bytes:
    """JSON with values, anywhere in it, replaced, removed or nested deep; or its bytes damaged."""
    choice = rng.random()
    if choice < 0.12:
        return bytes_of(data, rng)
    if choice < 0.16:
        return rng.choice((data.decode().encode("utf-16"), b"\xef\xbb\xbf" + data, data + data, *map(str.encode, RAW)))
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):  # damaged before
        return bytes_of(data, rng)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        damage_tree(tree, rng)
    text = json.dumps(tree)
    return text.replace(json.dumps(_PLACE), rng.choice(RAW)).encode()


def damage_tree(tree: Any, rng: random.Random) -> None:
    """Replaces one value in a JSON tree, by a hostile one or a neighbour's; or removes it."""
    holders = list(_holders(tree))
    if not holders:
        return
    holder, key = rng.choice(holders)
    choice = rng.random()
    if choice < 0.15 and isinstance(holder, dict):
        del holder[key]
    elif choice < 0.25:
        holder[key] = _PLACE
    elif choice < 0.35 and isinstance(holder[key], int):
        holder[key] += rng.choice((-1, 1, 2**32))
    elif choice < 0.4 and isinstance(holder[key], list):
        holder[key] = holder[key] * rng.choice((2, 1000))
    else:
        holder[key] = deepcopy(rng.choice(HOSTILE))


def _holders(value: Any) -> Any:
    """Every place in a JSON tree that can be replaced: its holder, and its key or index."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _holders(item)

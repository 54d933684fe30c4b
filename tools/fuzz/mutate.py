"""Damage: bytes flipped, cut, repeated or zeroed; JSON values replaced by hostile ones; tars with strange members."""

from __future__ import annotations

import io
import json
import random
import tarfile
from typing import Any

HOSTILE: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 1e308, 2**31, 2**63, 2**70, -(2**70), "", "x" * 10_000, "\ud800", "²", "../../etc/passwd",
    "\u202e", [], {}, [[]], {"a": {}}, float("nan"), float("inf"), "1/0", "9" * 5000,
)  # fmt: skip
TYPES = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.GNUTYPE_SPARSE)
NAMES = ("../evil", "/evil", "gsm8k_000000.mp4", "gsm8k_000000", "x\0y.mp4", "gsm8k_²²²²²².mp4", "a" * 99 + ".mp4")


def bytes_of(data: bytes, rng: random.Random) -> bytes:
    """A file's bytes with one kind of damage."""
    if not data:
        return rng.randbytes(rng.randrange(1, 600))
    at, to = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    kind = rng.randrange(7)
    if kind == 0:
        return data[:at] + bytes([data[at % len(data)] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
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
    """JSON with one value, anywhere in it, replaced, removed or nested deep."""
    if rng.random() < 0.15:
        return bytes_of(data, rng)
    if rng.random() < 0.03:
        return b"[" * 100_000 + b"]" * 100_000
    tree = json.loads(data)
    holders = list(_holders(tree))
    holder, key = rng.choice(holders)
    if isinstance(holder, dict) and rng.random() < 0.2:
        del holder[key]
    else:
        holder[key] = rng.choice(HOSTILE)
    return json.dumps(tree).encode(errors="surrogatepass")


def tar_of(data: bytes, rng: random.Random) -> bytes:
    """A tar with a strange member, a member twice, or another header; or damaged bytes."""
    if rng.random() < 0.5:
        return bytes_of(data, rng)
    out, kind = io.BytesIO(), rng.choice((tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))
    with tarfile.open(fileobj=io.BytesIO(data)) as source, tarfile.open(fileobj=out, mode="w", format=kind) as target:
        members = source.getmembers()
        odd = rng.randrange(len(members))
        for number, member in enumerate(members):
            content = source.extractfile(member)
            assert content
            body = content.read()
            if number == odd:
                body = _strange(member, body, rng)
            member.size = len(body)
            try:
                target.addfile(member, io.BytesIO(body))
            except (ValueError, UnicodeError):  # this format cannot hold it
                continue
    return out.getvalue()


def _strange(member: tarfile.TarInfo, body: bytes, rng: random.Random) -> bytes:
    choice = rng.randrange(5)
    if choice == 0:
        member.name = rng.choice(NAMES)
    elif choice == 1:
        member.type, member.linkname = rng.choice(TYPES), "/etc/passwd"
        return b""
    elif choice == 2:
        member.pax_headers = {"comment": "9" * rng.randrange(1, 300_000)}
    elif choice == 3 and member.name.endswith(".json"):
        return json_of(body, rng)
    else:
        return bytes_of(body, rng)
    return body


def _holders(value: Any) -> Any:
    """Every place in a JSON tree that can be replaced: its holder, and its key or index."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _holders(item)

"""Hostile tars, and shards rebuilt around hostile members so that the ledger agrees with them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

from mutate import bytes_of, json_of

from vwd.shards.checksums import format_checksums, member_checksums
from vwd.shards.sizes import SampleSizes, format_sizes
from vwd.shards.tar import ShardTar, sample_blocks

_TYPES = (
    tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.CONTTYPE,
    tarfile.GNUTYPE_SPARSE, b"\xff", b"\0", b"V",
)  # fmt: skip
_NAMES = (
    "../../../outside/evil", "/tmp/vwd-fuzz-outside/evil.mp4", "gsm8k_000000.mp4", "gsm8k_000000", "x\0y.mp4", ".mp4",
    "", "\x1b[2J_000003.mp4", "gsm8k_²²²²²².mp4", "a" * 99 + ".mp4", "gsm8k_000003.mp4.mp4",
    "gsm8k_" + "9" * 60 + ".mp4",
)  # fmt: skip
_PAX = ("size", "mtime", "uid", "GNU.sparse.size", "GNU.sparse.map", "GNU.sparse.realsize", "path", "comment")
_SIZES = (-1, -512, 2**33, 2**62, 2**63 - 1, 10**9)


def tar_of(data: bytes, rng: random.Random) -> bytes:
    """A tar with a strange member, a member twice, or another format; or damaged bytes."""
    if rng.random() < 0.4:
        return bytes_of(data, rng)
    out, kind = io.BytesIO(), rng.choice((tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))
    with tarfile.open(fileobj=io.BytesIO(data)) as source, tarfile.open(fileobj=out, mode="w", format=kind) as target:
        members = source.getmembers()
        odd = rng.randrange(len(members))
        for number, member in enumerate(members):
            content = source.extractfile(member)
            assert content
            body = content.read()
            for _ in range(rng.choice((1, 2)) if number == odd else 1):
                if number == odd:
                    body = _strange(member, body, rng)
                member.size = len(body)
                try:
                    target.addfile(member, io.BytesIO(body))
                except (ValueError, UnicodeError):  # this format cannot hold it
                    continue
    return out.getvalue()


def headers_of(data: bytes, rng: random.Random) -> bytes:
    """A tar one of whose headers claims what is not so: sizes, types, extended records with endless numbers."""
    blocks = [at for at in range(0, len(data), 512) if data[at + 257 : at + 262] == b"ustar"]
    at = rng.choice(blocks)
    choice = rng.randrange(5)
    if choice == 0:
        return data[:at] + _extended(rng) + data[at:]
    header = bytearray(data[at : at + 512])
    if choice == 1:
        size = rng.choice(_SIZES)
        header[124:136] = b"\x80" + size.to_bytes(11, "big") if size >= 0 else (size % 2**96).to_bytes(12, "big")
    elif choice == 2:
        header[156:157] = rng.choice(_TYPES)
    elif choice == 3:
        field = rng.choice((slice(0, 100), slice(100, 108), slice(124, 136), slice(136, 148), slice(345, 500)))
        header[field] = rng.choice((b"\xff", b"\0", b"7", b" ", b"9")) * (field.stop - field.start)
    else:
        header[rng.randrange(512)] ^= 1 << rng.randrange(8)
    if rng.random() < 0.9:
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
    return data[:at] + bytes(header) + data[at + 512 :]


def refit(folder: Path, number: int, change: Callable[[str, bytes], bytes]) -> None:
    """Writes a shard again with other members, and its ledger entry so that it agrees: only their content is wrong.

    Args:
        folder: the dataset's.
        change: gives a member's new content, by its name.
    """
    tar = folder / f"gsm8k-{number:06d}.tar"
    samples: dict[str, dict[str, bytes]] = {}
    with tarfile.open(tar) as source:
        for member in source.getmembers():
            key, _, ending = member.name.partition(".")
            content = source.extractfile(member)
            assert content
            samples.setdefault(key, {})[ending] = change(member.name, content.read())
    with tar.open("wb") as file:
        writer = ShardTar(file)
        for key, members in samples.items():
            writer.write(sample_blocks(key, members))
        writer.close()
    sizes = [SampleSizes(int(key[-6:]), tuple(map(len, members.values()))) for key, members in samples.items()]
    checksums = b"".join(member_checksums(members.values()) for members in samples.values())
    _update(folder, number, sizes=format_sizes(sizes), checksums=format_checksums(checksums))


def adopt(folder: Path, number: int) -> None:
    """Lets the ledger's entry name the bytes and hashes of a tar as it is, and its sizes no more."""
    _update(folder, number)


def _update(folder: Path, number: int, **fields: str) -> None:
    tar, path = folder / f"gsm8k-{number:06d}.tar", folder / "ledger" / f"gsm8k-{number:06d}.json"
    data = tar.read_bytes()
    hashes = {"sha256": hashlib.sha256(data).hexdigest(), "md5": hashlib.md5(data).hexdigest()}
    Path("lying").touch()
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "bytes": len(data), **hashes, **fields}), "utf-8")


def _strange(member: tarfile.TarInfo, body: bytes, rng: random.Random) -> bytes:
    choice = rng.randrange(5)
    if choice == 0:
        member.name = rng.choice(_NAMES)
    elif choice == 1:
        member.type, member.linkname = rng.choice(_TYPES), rng.choice(("/etc/passwd", "../../outside/canary"))
        return b""
    elif choice == 2:
        member.pax_headers = {rng.choice(_PAX): rng.choice(("9" * rng.randrange(1, 300_000), "-1", "1e999", "\0", ""))}
    elif choice == 3 and member.name.endswith(".json"):
        return json_of(body, rng)
    else:
        return bytes_of(body, rng)
    return body


def _extended(rng: random.Random) -> bytes:
    """An extended header, as PAX and GNU have them, with a body that no reader should take seriously."""
    body = rng.choice(
        (
            b"%d size=%s\n" % (rng.choice((0, 20, 10**9)), b"9" * rng.choice((1, 30, 400_000))),
            b"9" * 300_000,
            b"30 GNU.sparse.map=" + b"0,1," * 50_000 + b"\n",
            b"20 path=../../evil\n",
            base64.b64encode(rng.randbytes(600)),
            b"a/" * 100_000,
        )
    )
    header = tarfile.TarInfo("././@PaxHeader")
    header.type = rng.choice((tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK))
    header.size = len(body)
    return header.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512)

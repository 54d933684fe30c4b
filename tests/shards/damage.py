"""Damaging tars on purpose."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

from vwd.shards.checksums import format_checksums, member_checksums
from vwd.shards.sizes import SampleSizes, format_sizes

Members = list[tuple[str, bytes]]


def read_members(tar: Path) -> Members:
    with tarfile.open(tar) as opened:
        return [(info.name, read_member(opened, info)) for info in opened]


def read_member(opened: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = opened.extractfile(info)
    assert file, f"{info.name} is not a plain file"
    return file.read()


def plain(name: str, size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    return info


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def write_members(tar: Path, members: Iterable[tuple[str | tarfile.TarInfo, bytes]]) -> None:
    """Writes a tar of any members, in the given order."""
    tar.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(tar, "w", format=tarfile.USTAR_FORMAT) as opened:
        for name, data in members:
            info = plain(name, len(data)) if isinstance(name, str) else name
            opened.addfile(info, io.BytesIO(data) if info.isreg() else None)


def member_border(tar: Path, member: int) -> int:
    """The offset at which the header of a member starts."""
    with tarfile.open(tar) as opened:
        return opened.getmembers()[member].offset


def rebuild(folder: Path, number: int, change: Callable[[str, bytes], bytes]) -> None:
    """Writes a shard with other members, by their name, and its ledger entry so that it agrees with them."""
    tar, path = folder / f"{folder.name}-{number:06d}.tar", folder / "ledger" / f"{folder.name}-{number:06d}.json"
    members = [(name, change(name, data)) for name, data in read_members(tar)]
    samples = {
        key: [data for _, data in group] for key, group in groupby(members, lambda one: one[0].partition(".")[0])
    }
    write_members(tar, members)
    entry = {
        **json.loads(path.read_bytes()),
        "bytes": tar.stat().st_size,
        "sha256": hashlib.sha256(tar.read_bytes()).hexdigest(),
        "sizes": format_sizes(SampleSizes(int(key[-6:]), tuple(map(len, group))) for key, group in samples.items()),
        "checksums": format_checksums(b"".join(member_checksums(group) for group in samples.values())),
    }
    path.write_text(json.dumps(entry), "utf-8")

"""Tars made wrong on purpose."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

Members = list[tuple[str, bytes]]


def read_members(tar: Path) -> Members:
    with tarfile.open(tar) as opened:
        return [(info.name, opened.extractfile(info).read()) for info in opened]


def plain(name: str, size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    return info


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def write_members(tar: Path, members: Iterable[tuple[str | tarfile.TarInfo, bytes]]) -> None:
    """Writes a tar of members in the order given, whatever they are."""
    tar.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(tar, "w", format=tarfile.USTAR_FORMAT) as opened:
        for name, data in members:
            info = plain(name, len(data)) if isinstance(name, str) else name
            opened.addfile(info, io.BytesIO(data) if info.isreg() else None)


def member_border(tar: Path, member: int) -> int:
    """Where the header of a member starts."""
    with tarfile.open(tar) as opened:
        return opened.getmembers()[member].offset

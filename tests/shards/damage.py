"""Damaging tars on purpose."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

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

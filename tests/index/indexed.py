"""Reading an indexed folder: its sidecars, and the members of its tars when they are opened."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any, NamedTuple

# What `vwd pack` also writes by itself when an output is complete.
SMALL_FILES = {"shardindex.json", "sizes.json", "SHA256SUMS", "README.md"}


class Member(NamedTuple):
    """A member as read by `tarfile`."""

    name: str
    header: int
    offset: int
    data: bytes


def members(tar: Path) -> list[Member]:
    with tarfile.open(tar) as opened:
        return [
            Member(info.name, info.offset, info.offset_data, opened.extractfile(info).read())  # type: ignore[union-attr]
            for info in opened
        ]


def samples(tar: Path) -> dict[str, list[Member]]:
    """A tar's members by their key, in order."""
    found: dict[str, list[Member]] = {}
    for member in members(tar):
        found.setdefault(member.name.split(".", 1)[0], []).append(member)
    return found


def sidecars(folder: Path) -> dict[str, bytes]:
    """Everything in a dataset's folder except for tars, ledger, `pack.json` and `summary.json`."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix != ".tar"
        and path.parent.name != "ledger"
        and path.name not in {"pack.json", "summary.json"}
    }


def fill_with_zeros(folder: Path) -> None:
    """Replaces every tar by as many zeros, but for its last byte: a tar that ends in zeros is torn."""
    for tar in folder.glob("*.tar"):
        tar.write_bytes(bytes(tar.stat().st_size - 1) + b"1")


def read_json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_bytes()))

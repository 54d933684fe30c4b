"""Shards that deliberately break a rule of their readers, and ledger entries that match them."""

from __future__ import annotations

import io
import json
import shutil
import struct
import tarfile
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

from consumers.rules import boxes
from shards.damage import Members, plain, read_members
from shards.packing import entry_file, read_entry, seal

Json = dict[str, Any]
SEVENTH = "gsm8k_000007"


def write(tar: Path, members: Members, form: int = tarfile.USTAR_FORMAT, mtime: float = 0) -> None:
    """A tar of members with headers of any kind."""
    with tarfile.open(tar, "w", format=form) as opened:
        for name, data in members:
            info = plain(name, len(data))
            info.mtime = mtime
            opened.addfile(info, io.BytesIO(data))


def update_ledger(folder: Path, number: int) -> None:
    """Updates the ledger's entry to match the tar: its bytes, and its members' sizes if they are those of samples."""
    seal(folder, number)
    entry, tar = read_entry(folder, number), folder / f"{folder.name}-{number:06d}.tar"
    samples = groupby(read_members(tar), key=lambda member: member[0].partition(".")[0])
    sizes = [(key.rpartition("_")[2], [len(data) for _, data in sample]) for key, sample in samples]
    if all(row.isdigit() and len(lengths) == 4 for row, lengths in sizes):
        entry["sizes"] = " ".join(f"{int(row)}:{','.join(map(str, lengths))}" for row, lengths in sizes)
    entry_file(folder, number).write_text(json.dumps(entry), "utf-8")


def rewritten(change: Callable[[Members], Members], **headers: Any) -> Callable[[Path], None]:
    """Returns a function that rewrites a tar with its members changed."""

    def damage(tar: Path) -> None:
        write(tar, change(read_members(tar)), **headers)

    return damage


def renamed(old: str, new: str) -> Callable[[Path], None]:
    return rewritten(lambda members: [(name.replace(old, new), data) for name, data in members])


def json_changed(ending: str, change: Callable[[Json], Json]) -> Callable[[Path], None]:
    """Returns a function that changes one JSON member of one sample."""
    return _changed(f"{SEVENTH}.{ending}", lambda data: json.dumps(change(json.loads(data))).encode())


def video_changed(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return _changed(f"{SEVENTH}.mp4", change)


def _changed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def one_changed(members: Members) -> Members:
        assert name in dict(members)
        return [(other, change(data) if other == name else data) for other, data in members]

    return rewritten(one_changed)


def interleaved(members: Members) -> Members:
    """The members of the first two samples in turn."""
    first, second = members[:4], members[4:8]
    return [member for pair in zip(first, second, strict=True) for member in pair] + members[8:]


def without_end(tar: Path) -> None:
    """Removes the blocks of zeros at the end."""
    data = tar.read_bytes().rstrip(b"\0")
    tar.write_bytes(data + bytes(-len(data) % 512))


def copied_from_another(tar: Path) -> None:
    shutil.copyfile(tar.with_name("gsm8k-000000.tar"), tar)


def moov_last(video: bytes) -> bytes:
    """The same video with its header after the media data, where most encoders write it."""
    parts = {kind: video[start:end] for kind, start, end in boxes(video)}
    moov = bytearray(parts.pop(b"moov"))
    table = moov.index(b"stco") + 8
    (count,) = struct.unpack_from(">I", moov, table)
    for place in range(table + 4, table + 4 + 4 * count, 4):
        struct.pack_into(">I", moov, place, struct.unpack_from(">I", moov, place)[0] - len(moov))
    return b"".join(parts.values()) + bytes(moov)

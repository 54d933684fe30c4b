"""Reading a shard back, with every member checked before anything is taken from it."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vwd.errors import ShardError
from vwd.shards.members import MEMBERS, SAT_ID
from vwd.storage.objects import local_copy

_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]*)\.([a-z0-9.]+)")
_REFETCH = "Fetch or pack this shard again; nothing was taken from it."


@dataclass(frozen=True)
class StoredSample:
    """A sample in a tar: its key, and its members, read on demand."""

    path: Path
    key: str
    members: dict[str, tarfile.TarInfo]
    tar: tarfile.TarFile

    @property
    def index(self) -> int:
        """The row's number, from the key."""
        return int(self.key.rpartition("_")[2])

    def read(self, ending: str) -> bytes:
        """The bytes of a member such as "mp4".

        Raises:
            ShardError: the tar is cut short there.
        """
        member = self.members[ending]
        file = self.tar.extractfile(member)
        data = file.read() if file else b""
        if len(data) != member.size:
            raise ShardError(f"{self.path}: member {member.name} is cut short", _REFETCH)
        return data

    def json(self, ending: str) -> dict[str, Any]:
        """A JSON member such as "inference.json", parsed.

        Raises:
            ShardError: it is no JSON object.
        """
        try:
            return dict(json.loads(self.read(ending)))
        except (ValueError, TypeError) as error:
            raise ShardError(f"{self.path}: {self.key}.{ending}: not a JSON object: {error}", _REFETCH) from error


@contextmanager
def open_shard(path: Path, copy: Path | None = None) -> Iterator[list[StoredSample]]:
    """The samples of a tar, in order, readable while the context lasts. Every header has been checked.

    Args:
        copy: a local copy of the tar, if there is one; else a tar in object storage is downloaded.

    Raises:
        ShardError: a member is not a plain file with a safe name, keys repeat or are split up, a sample has a member
            too few or an unknown one, or the tar is cut short.
    """
    try:
        with nullcontext(copy) if copy else local_copy(path) as here, tarfile.open(here, "r:") as tar:
            samples = _samples(path, here, tar)
            yield [StoredSample(path, key, members, tar) for key, members in samples.items()]
    except (tarfile.TarError, EOFError) as error:
        raise ShardError(f"{path}: not a complete tar: {error}", _REFETCH) from error
    except FileNotFoundError as error:
        raise ShardError(f"{path} does not exist", "Run 'vwd pack' again to complete it.") from error


def _check_end(path: Path, copy: Path, data_end: int) -> None:
    """After the last member there are only zeros, at least two blocks; tarfile takes anything else for an end, too."""
    with copy.open("rb") as file:
        file.seek(data_end)
        zeros = 0
        while block := file.read(1 << 20):
            if block.strip(b"\0"):
                zeros = 0
                break
            zeros += len(block)
    if zeros < 2 * tarfile.BLOCKSIZE:
        raise ShardError(f"{path}: does not end after its last complete member: cut short, or damaged", _REFETCH)


def _samples(path: Path, copy: Path, tar: tarfile.TarFile) -> dict[str, dict[str, tarfile.TarInfo]]:
    samples: dict[str, dict[str, tarfile.TarInfo]] = {}
    last, data_end = "", 0
    end = copy.stat().st_size
    for member in tar:
        name = _NAME.fullmatch(member.name)
        if not member.isreg():
            raise ShardError(f"{path}: '{member.name}' is a link or a folder, not a plain file", _REFETCH)
        if not name or name[2] not in (*MEMBERS, SAT_ID):
            raise ShardError(f"{path}: '{member.name}' is not the name of a sample's member", _REFETCH)
        key, ending = name.groups()
        if not key.rpartition("_")[2].isdigit():
            raise ShardError(f"{path}: the key '{key}' does not end in a row's number", _REFETCH)
        if key != last and key in samples:
            raise ShardError(f"{path}: the key '{key}' appears twice", _REFETCH)
        if ending in samples.setdefault(key, {}):
            raise ShardError(f"{path}: '{member.name}' appears twice", _REFETCH)
        if member.offset_data + member.size > end:
            raise ShardError(f"{path}: member {member.name} is cut short", _REFETCH)
        samples[key][ending] = member
        last, data_end = key, member.offset_data + -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    _check_end(path, copy, data_end)
    for key, members in samples.items():
        missing = [ending for ending in MEMBERS if ending not in members]
        if missing:
            raise ShardError(f"{path}: sample '{key}' has no {', '.join(missing)}", _REFETCH)
    return samples

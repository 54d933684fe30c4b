"""Reading a shard back, with every member checked before anything is taken from it."""

from __future__ import annotations

import json
import re
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from vwd.errors import ShardError
from vwd.limits import LARGEST_JSON_MEMBER, LONGEST_KEY
from vwd.shards.headers import BLOCK, HeaderError, padded, plain_headers
from vwd.shards.sample_form import TEXT_VIDEO, SampleForm
from vwd.storage.objects import local_copy

_NAME = re.compile(rf"([A-Za-z0-9][A-Za-z0-9_-]{{0,{LONGEST_KEY - 1}}})\.([a-z0-9.]+)")
# With keys from the rows.
_OWN_NAME = re.compile(rf"([A-Za-z0-9_%-]{{1,{LONGEST_KEY}}})\.([a-z0-9.]+)")
_REFETCH = "Fetch or pack this shard again; nothing was taken from it."

Members = dict[str, tarfile.TarInfo]


@dataclass(frozen=True)
class StoredSample:
    """A sample in a tar: its key, and its members, read on demand."""

    path: Path
    key: str
    members: Members
    file: IO[bytes]

    @property
    def index(self) -> int:
        """The row's number, from the key; not of samples with keys of their own."""
        return int(self.key.rpartition("_")[2])

    def read(self, ending: str) -> bytes:
        """The bytes of a member such as "mp4".

        Raises:
            ShardError: the tar is cut short there.
        """
        member = self.members[ending]
        self.file.seek(member.offset_data)
        data = self.file.read(member.size)
        if len(data) != member.size:
            raise ShardError(f"{self.path}: member {member.name} is cut short", _REFETCH)
        return data

    def json(self, ending: str) -> dict[str, Any]:
        """A JSON member such as "inference.json", parsed.

        Raises:
            ShardError: it is no JSON object, or too large.
        """
        try:
            if self.members[ending].size > LARGEST_JSON_MEMBER:
                raise ValueError(f"{self.members[ending].size:,} bytes, more than {LARGEST_JSON_MEMBER:,}")
            parsed = json.loads(self.read(ending))
            if not isinstance(parsed, dict):
                raise ValueError(f"{type(parsed).__name__} in place of an object")
        except (ValueError, RecursionError) as error:
            raise ShardError(f"{self.path}: {self.key}.{ending}: not a JSON object: {error}", _REFETCH) from error
        return parsed


@contextmanager
def open_shard(path: Path, copy: Path | None = None, form: SampleForm = TEXT_VIDEO) -> Iterator[list[StoredSample]]:
    """The samples of a tar, in order, readable while the context lasts. Every header has been checked.

    Args:
        copy: a local copy of the tar, if there is one; else a tar in object storage is downloaded.
        form: of its samples; that of the contract, where there is one.

    Raises:
        ShardError: a member is not a plain file with a safe name, keys repeat or are split up, a sample has a member
            too few or an unknown one, or the tar is cut short.
    """
    try:
        with nullcontext(copy) if copy else local_copy(path) as local:
            if not stat.S_ISREG(local.stat().st_mode):
                raise ShardError(f"{path}: not a regular file", _REFETCH)
            with local.open("rb") as file:
                samples = _samples(path, file, local.stat().st_size, form)
                yield [StoredSample(path, key, members, file) for key, members in samples.items()]
    except FileNotFoundError as error:
        raise ShardError(f"{path} does not exist", "Run 'vwd pack' again to complete it.") from error


def _samples(path: Path, file: IO[bytes], size: int, form: SampleForm) -> dict[str, Members]:
    samples: dict[str, Members] = {}
    last = ""
    try:
        for member in plain_headers(lambda: file.read(BLOCK)):
            key = _checked_key(path, member, samples, last, form)
            end = member.offset_data + padded(member.size)
            if end > size:
                raise ShardError(f"{path}: member {member.name} is cut short", _REFETCH)
            samples.setdefault(key, {})[member.name[len(key) + 1 :]] = member
            file.seek(end)
            last = key
    except HeaderError as error:
        raise ShardError(f"{path}: not a complete tar of a shard: {error}", _REFETCH) from error
    _check_end(path, file)
    for key, members in samples.items():
        if missing := form.missing(members):
            raise ShardError(f"{path}: sample '{key}' has no {', '.join(missing)}", _REFETCH)
    return samples


def _checked_key(path: Path, member: tarfile.TarInfo, samples: dict[str, Members], last: str, form: SampleForm) -> str:
    """The key of a member whose name is safe, known and new."""
    name = (_OWN_NAME if form.own_keys else _NAME).fullmatch(member.name)
    if not name or name[2] not in form.members:
        raise ShardError(f"{path}: '{member.name}' is not the name of a sample's member", _REFETCH)
    key, ending = name.groups()
    if not form.takes_key(key):
        what = "has characters that no key has" if form.own_keys else "does not end in a row's number"
        raise ShardError(f"{path}: the key '{key}' {what}", _REFETCH)
    if key != last and key in samples:
        raise ShardError(f"{path}: the key '{key}' appears twice", _REFETCH)
    if ending in samples.get(key, {}):
        raise ShardError(f"{path}: '{member.name}' appears twice", _REFETCH)
    return str(key)


def _check_end(path: Path, file: IO[bytes]) -> None:
    """After the first empty block there are only zeros, at least one block more."""
    zeros = 0
    while block := file.read(1 << 20):
        if block.strip(b"\0"):
            zeros = -1
            break
        zeros += len(block)
    if zeros < BLOCK:
        raise ShardError(f"{path}: does not end after its last complete member: cut short, or damaged", _REFETCH)

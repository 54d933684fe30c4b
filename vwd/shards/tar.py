"""The tar of a shard: plain USTAR with fixed headers, hashed while it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from webdataset.writer import TarWriter

from vwd.shards.files import whole_file


class _HashingFile:
    """Passes bytes on to a file, and keeps their number and hash: no second pass over the tar."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.bytes = 0
        self.given_up = False

    def write(self, data: bytes) -> int:
        if self.given_up:
            return len(data)
        self._digest.update(data)
        self.bytes += len(data)
        return self._file.write(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class ShardTar:
    """A tar being written. Afterwards `bytes` and `sha256` say what stands on disk."""

    def __init__(self, file: IO[bytes]) -> None:
        self._hashing = _HashingFile(file)
        # Fixed owner, mode and time: the same samples give the same bytes anywhere.
        self._tar = TarWriter(self._hashing, user="", group="", mode=0o644, mtime=0, encoder=False)

    def write(self, key: str, members: Mapping[str, bytes]) -> None:
        for ending, data in members.items():  # one call each: TarWriter would sort them
            self._tar.write({"__key__": key, ending: data})

    def close(self) -> None:
        self._tar.close()

    def give_up(self) -> None:
        """Closes it, unless it is closed, without another write: tarfile would complete the archive when collected."""
        self._hashing.given_up = True
        self._tar.close()

    @property
    def bytes(self) -> int:
        return self._hashing.bytes

    @property
    def sha256(self) -> str:
        return self._hashing.sha256


@contextmanager
def shard_tar(path: Path, temp: Path) -> Iterator[ShardTar]:
    """A tar that stands at `path` only when the block has ended well."""
    with whole_file(path, temp) as file:
        tar = ShardTar(file)
        try:
            yield tar
            tar.close()
        finally:
            tar.give_up()

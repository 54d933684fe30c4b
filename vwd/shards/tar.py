"""The tar of a shard: plain USTAR with fixed headers, hashed while it is written."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vwd.storage.atomic import atomic_write


class ShardTar:
    """A tar being written: no second pass over it is needed. Afterwards its size and hashes are those of the file.

    The headers and the padding are the standard library's; webdataset has a writer, too, but imports torch wherever
    that is installed, which would cost each worker 130 MB.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        # Object stores and some indexes of shards identify files by it.
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.bytes = 0

    def write(self, key: str, members: Mapping[str, bytes]) -> None:
        """Adds a sample's members: their content by their ending, in this order."""
        for ending, data in members.items():
            # No owner, no time, a fixed mode: the same samples give the same bytes anywhere.
            header = tarfile.TarInfo(f"{key}.{ending}")
            header.size, header.mode = len(data), 0o644
            self._put(header.tobuf(tarfile.USTAR_FORMAT))
            self._put(data)
            self._put(bytes(-len(data) % tarfile.BLOCKSIZE))

    def close(self) -> None:
        """Ends the archive: two empty blocks, and more up to a whole record."""
        end = 2 * tarfile.BLOCKSIZE
        self._put(bytes(end + -(self.bytes + end) % tarfile.RECORDSIZE))

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def md5(self) -> str:
        return self._md5.hexdigest()

    def _put(self, data: bytes) -> None:
        self._sha256.update(data)
        self._md5.update(data)
        self._file.write(data)
        self.bytes += len(data)


@contextmanager
def shard_tar(path: Path, temp: Path) -> Iterator[ShardTar]:
    """A tar that appears at `path` only when the block ends without an error."""
    with atomic_write(path, temp) as file:
        tar = ShardTar(file)
        yield tar
        tar.close()

"""The tar of a shard: plain USTAR with fixed headers, hashed while it is written."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

from vwd.storage.atomic import atomic_write
from vwd.storage.writeback import Writeback


@cache
def _blank_header() -> bytes:
    # No owner, no time, a fixed mode: the same samples give the same bytes anywhere.
    header = tarfile.TarInfo("")
    header.mode = 0o644
    return header.tobuf(tarfile.USTAR_FORMAT)


def _header(name: str, size: int) -> bytes:
    """A member's header: the standard library's, with name, size and checksum filled in, in a quarter of its time."""
    encoded = name.encode()
    if len(encoded) > tarfile.LENGTH_NAME or size >= 8**11:  # split into a prefix, or refused
        header = tarfile.TarInfo(name)
        header.size, header.mode = size, 0o644
        return header.tobuf(tarfile.USTAR_FORMAT)
    filled = bytearray(_blank_header())
    filled[: len(encoded)] = encoded
    filled[124:135] = b"%011o" % size
    filled[148:156] = b" " * 8  # what the sum counts in its own place
    filled[148:155] = b"%06o\0" % sum(filled)
    return bytes(filled)


def sample_blocks(key: str, members: Mapping[str, bytes]) -> bytes:
    """A sample as it is in a tar: a header and the padded content of each member.

    Args:
        members: their content by their ending, in the order of the tar.
    """
    parts: list[bytes] = []
    for ending, data in members.items():
        parts += (_header(f"{key}.{ending}", len(data)), data, bytes(-len(data) % tarfile.BLOCKSIZE))
    return b"".join(parts)


class ShardTar:
    """A tar being written: no second pass over it is needed. Afterwards its size and hash are those of the file.

    The headers and the padding are the standard library's; webdataset has a writer, too, but imports torch wherever
    that is installed, which would cost each worker 130 MB.
    """

    def __init__(self, file: IO[bytes], writeback: Writeback | None = None) -> None:
        self._file, self._writeback = file, writeback
        self._sha256 = hashlib.sha256()
        self.bytes = 0

    def write(self, blocks: bytes) -> None:
        """Adds the blocks of samples."""
        self.count(blocks)
        self._file.write(blocks)
        if self._writeback:
            self._writeback.reach(self.bytes)

    def count(self, blocks: bytes | memoryview) -> None:
        """Takes blocks into account that the file has already."""
        self._sha256.update(blocks)
        self.bytes += len(blocks)

    def close(self) -> None:
        """Ends the archive: two empty blocks, and more up to a whole record."""
        end = 2 * tarfile.BLOCKSIZE
        self.write(bytes(end + -(self.bytes + end) % tarfile.RECORDSIZE))

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()


@contextmanager
def shard_tar(path: Path, temp: Path) -> Iterator[ShardTar]:
    """A tar that appears at `path` only when the block ends without an error."""
    with atomic_write(path, temp) as file:
        tar = ShardTar(file, Writeback(file))
        yield tar
        tar.close()

"""The tar of a shard that several workers share: its parts are added in order, while others are rendered."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from vwd.shards.parts import Part
from vwd.shards.plan import ShardRange
from vwd.shards.rendered import RenderedRows
from vwd.shards.spills import Spills
from vwd.shards.tar import ShardTar
from vwd.storage.atomic import publish
from vwd.storage.tempfiles import open_lasting

_BLOCK = 1 << 20


class GrowingTar:
    """A tar that grows part by part, under a temporary name. It carries the mark of the spills.

    Attributes:
        tar: counts and hashes its blocks.
        stop: the row up to which it holds the shard.
    """

    def __init__(self, spills: Spills, shard: ShardRange) -> None:
        self._spills, self._path = spills, spills.tar(shard.number)
        self._file = open_lasting(self._path)
        self.tar = ShardTar(self._file)
        self.stop = shard.start
        self._block = memoryview(bytearray(_BLOCK))

    def add(self, part: Part, rendered: RenderedRows) -> None:
        """Adds the next part: its blocks are here already, or are moved here from its spill file.

        Raises:
            ShardError: parts before it are missing; or its blocks are, or differ from what was written.
        """
        if part.stop <= self.stop:
            return
        if part.start != self.stop:
            raise self._spills.damaged(part)
        if rendered.placed:
            self._count(part, rendered.size)
        else:
            self._file.seek(self.tar.bytes)
            self._spills.move(part, rendered.size, self.tar.write)
        self.stop = part.stop

    def _count(self, part: Part, size: int) -> None:
        stop = self.tar.bytes + size
        while left := stop - self.tar.bytes:
            got = os.preadv(self._file.fileno(), [self._block[:left]], self.tar.bytes)
            if not got:
                raise self._spills.damaged(part)
            self.tar.count(self._block[:got])

    def publish(self, path: Path) -> None:
        """Ends the tar, and gives it its name."""
        self._file.seek(self.tar.bytes)
        self.tar.close()
        self._file.flush()
        publish(self._path, self._file, path)

    def close(self) -> None:
        """Removes it, unless it was published."""
        self._file.close()
        with suppress(FileNotFoundError, NotADirectoryError):
            self._path.unlink()

"""The tar of a shard that several workers share: parts are added in their order, while others are still rendered."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from vwd.shards.parts import Part
from vwd.shards.plan import ShardRange
from vwd.shards.spills import Spills
from vwd.shards.tar import ShardTar
from vwd.storage.atomic import publish
from vwd.storage.tempfiles import create_lasting


class GrowingTar:
    """A tar that grows part by part, under a temporary name. It carries the mark of the spills.

    Attributes:
        stop: the row up to which it holds the shard.
    """

    def __init__(self, spills: Spills, shard: ShardRange) -> None:
        self._spills, self._path = spills, spills.tar(shard.number)
        self._file = create_lasting(self._path)
        self.tar = ShardTar(self._file)
        self.stop = shard.start

    def add(self, part: Part, size: int) -> None:
        """Moves the next part's blocks here from its spill file; a part that was written here already stays.

        Raises:
            ShardError: the spill file is missing, or is not as it was written.
        """
        if part.start >= self.stop:
            self._spills.move(part, size, self.tar.write)
            self.stop = part.stop

    def publish(self, path: Path) -> None:
        """Ends the tar, and gives it its name."""
        self.tar.close()
        self._file.flush()
        publish(self._path, self._file, path)

    def close(self) -> None:
        """Removes it, unless it was published."""
        self._file.close()
        with suppress(FileNotFoundError, NotADirectoryError):
            self._path.unlink()

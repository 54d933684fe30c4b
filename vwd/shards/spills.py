"""Spill files: the tar blocks of a part of a shard, in a temporary file until all parts are there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vwd.errors import ShardError
from vwd.shards.parts import Part
from vwd.shards.paths import OutputPaths
from vwd.storage.tempfiles import names_in_progress, writer_mark

_BLOCK = 1 << 20
_ENDING = ".rows-"


@dataclass(frozen=True)
class Spills:
    """Where the parts of one run are. Made in the process that was started; goes to its workers.

    So the files carry the mark of a process that lives until they are read, whichever worker wrote them; when it is
    killed, a later run removes them.

    Attributes:
        folder: for temporary files: of the output, or where an upload is prepared.
        mark: ends the names (see `vwd.storage.tempfiles.writer_mark`).
    """

    paths: OutputPaths
    folder: Path
    mark: str

    @classmethod
    def of(cls, paths: OutputPaths) -> Spills:
        return cls(paths, paths.temp, writer_mark())

    def path(self, part: Part) -> Path:
        return self.folder / f"{self.paths.tar(part.number).name}{_ENDING}{part.start}-{part.stop}.{self.mark}"

    def tar(self, number: int) -> Path:
        """A shard's tar while its parts are put together."""
        return self.folder / f"{self.paths.tar(number).name}{_ENDING}joined.{self.mark}"

    def sizes(self, number: int) -> Path:
        """The sizes of a shard's parts, while they are rendered."""
        return self.folder / f"{self.paths.tar(number).name}{_ENDING}sizes.{self.mark}"

    def move(self, part: Part, size: int, write: Callable[[bytes], object]) -> None:
        """Passes a part's blocks on, and removes its file.

        Raises:
            ShardError: the file is missing, or has not `size` bytes.
        """
        path, left = self.path(part), size
        with suppress(FileNotFoundError), path.open("rb") as file:
            while block := file.read(_BLOCK):
                write(block)
                left -= len(block)
            path.unlink()
        if left:
            raise self.damaged(part)

    def damaged(self, part: Part) -> ShardError:
        """An error about a part that is not as it was written."""
        return ShardError(
            f"shard {part.number}: {self.path(part)} was changed or removed while the shard was packed",
            "Run the same command again, and leave temporary files alone meanwhile.",
        )

    def remove(self, parts: Iterable[Part]) -> None:
        """Removes what there is of a shard's parts; nobody may be writing one."""
        paths = {path for part in parts for path in self._files(part)}
        for path in paths:
            with suppress(OSError):  # a later run removes it
                path.unlink()

    def begun_elsewhere(self) -> set[str]:
        """The names of the tars that other live runs are writing."""
        return {name.partition(_ENDING)[0] for name in names_in_progress(self.folder, self.mark)}

    def touch(self, part: Part) -> None:
        """Shows runs on other nodes that somebody still waits for this file."""
        for path in self._files(part):
            with suppress(OSError):
                os.utime(path)

    def _files(self, part: Part) -> tuple[Path, ...]:
        return self.path(part), self.tar(part.number), self.sizes(part.number)

"""What this process is going to be asked for next."""

from __future__ import annotations

from collections.abc import Sequence


class Forecast:
    """Foretells the batches of a DataLoader's worker: of W workers, each gets every Wth batch."""

    def __init__(self) -> None:
        self._awaited: tuple[object, int] | None = None
        self._size = self._told = 0

    def after(self, indices: Sequence[int], workers: int, horizon: int, epoch: object) -> tuple[bool, list[int]]:
        """Whether this batch was foretold, and the samples that are foretold now and were not before, it included.

        Args:
            horizon: how far ahead to look, in samples of this rank.
            epoch: tells apart epochs, and beginnings in one.
        """
        first = indices[0]
        foretold = self._awaited == (epoch, first)
        if not foretold:
            self._size, self._told = len(indices), first
        step = self._size * workers
        self._awaited = (epoch, first + step)
        new: list[int] = []
        while self._told <= first + horizon:
            new += range(self._told, self._told + self._size)
            self._told += step
        return foretold, new

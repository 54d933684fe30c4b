"""Which samples this process will be asked for next."""

from __future__ import annotations

from collections.abc import Sequence


class Lookahead:
    """Expects the batches of a DataLoader's worker: of W workers, each gets every Wth batch."""

    def __init__(self) -> None:
        self._awaited: tuple[object, int] | None = None
        self._size = self._next = 0

    def after(self, indices: Sequence[int], workers: int, horizon: int, epoch: object) -> tuple[bool, list[int]]:
        """Whether this batch was expected, and the samples that are expected now and were not before, it included.

        Args:
            horizon: how far to look ahead, in samples of this rank.
            epoch: identifies the epoch, and where in it the reading began.
        """
        first = indices[0]
        expected = self._awaited == (epoch, first)
        if not expected:
            self._size, self._next = len(indices), first
        step = self._size * workers
        self._awaited = (epoch, first + step)
        new: list[int] = []
        while self._next <= first + horizon:
            new += range(self._next, self._next + self._size)
            self._next += step
        return expected, new

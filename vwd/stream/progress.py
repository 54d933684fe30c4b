"""How far a dataset is: epoch and first position, rank and world size, shared with its worker processes."""

from __future__ import annotations

from collections.abc import Sequence

from vwd.errors import UsageError
from vwd.stream.ranks import rank_and_world_size

_MOST_WORKERS = 1024


class Progress:
    """Some numbers in shared memory, so that a change reaches workers that live on from epoch to epoch."""

    def __init__(self, rank: int | None, world_size: int | None) -> None:
        import torch

        if (rank is None) != (world_size is None):
            raise UsageError("rank and world_size go together", "Give both, or neither for those of torch.distributed.")
        self._given = None if rank is None or world_size is None else (rank, world_size)
        # Epoch, start, rank, world size; whether a state was loaded; how often the epoch was begun, and if it was said.
        self._numbers = torch.zeros(7, dtype=torch.int64).share_memory_()
        # Each worker counts for itself: adding to a shared number is not one step.
        self._failures = torch.zeros(_MOST_WORKERS, dtype=torch.int64).share_memory_()
        self.find_rank()

    def find_rank(self) -> None:
        """Updates rank and world size. A worker process has those that its parent found."""
        if not self.in_worker:
            self._numbers[2], self._numbers[3] = rank_and_world_size(self._given)

    def go_to(self, epoch: int, start: int, resumed: bool = False) -> None:
        """Moves to a position of an epoch, for all processes.

        Args:
            resumed: whether a loader resumes it in the middle, by itself.
        """
        if (epoch, start) != (self.epoch, self.start) or resumed:
            self._numbers[4] = resumed
        self._numbers[0], self._numbers[1], self._numbers[5] = epoch, start, 0

    def rewind(self) -> None:
        """Goes back to the beginning of the epoch, which has been read to its end."""
        self._numbers[1] = 0

    def begin(self) -> bool:
        """Counts how often the epoch was begun, and tells once whether it is the second time."""
        self._numbers[5] += 1
        first_time = int(self._numbers[5]) > 1 and not self._numbers[6]
        self._numbers[6] += first_time
        return first_time

    @property
    def resumed(self) -> bool:
        """Whether a loader resumes the epoch in the middle."""
        return bool(self._numbers[4])

    @property
    def in_worker(self) -> bool:
        """Whether this process is a worker of a DataLoader."""
        return self.worker is not None

    @property
    def worker(self) -> tuple[int, int] | None:
        """Which of how many workers of a DataLoader this process is, if it is one."""
        from torch.utils.data import get_worker_info

        worker = get_worker_info()
        return (worker.id, worker.num_workers) if worker else None

    @property
    def epoch(self) -> int:
        return int(self._numbers[0])

    @property
    def start(self) -> int:
        """The first position that is left in this epoch, over all ranks."""
        return int(self._numbers[1])

    @property
    def rank(self) -> int:
        return int(self._numbers[2])

    @property
    def world_size(self) -> int:
        return int(self._numbers[3])

    def position_of(self, index: int) -> int:
        """The position in the epoch of sample `index` of those that are left for this rank."""
        return self.positions_of([index])[0]

    def positions_of(self, indices: Sequence[int]) -> list[int]:
        """The positions in the epoch of samples of those that are left for this rank."""
        _, start, rank, world_size, *_ = self._numbers.tolist()
        return [start + index * world_size + rank for index in indices]

    def count_failure(self) -> None:
        """Counts a sample that could not be read."""
        from torch.utils.data import get_worker_info

        worker = get_worker_info()
        self._failures[worker.id % _MOST_WORKERS if worker else 0] += 1

    @property
    def failures(self) -> int:
        """Of all workers that share these numbers."""
        return int(self._failures.sum())

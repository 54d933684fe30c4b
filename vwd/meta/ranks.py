"""Which part of a table this process does, when several do it together under torchrun."""

from __future__ import annotations

import os
from dataclasses import dataclass

from vwd.errors import UsageError


@dataclass(frozen=True)
class Rank:
    """This process among all; alone, it is rank 0 of 1."""

    rank: int = 0
    size: int = 1

    def share(self, rows: int) -> range:
        """The rows of this process: neighbours, none twice, so that the parts one after another are the table."""
        return range(rows * self.rank // self.size, rows * (self.rank + 1) // self.size)


def environment_rank() -> Rank:
    """As `RANK` and `WORLD_SIZE` say, which torchrun sets; torch itself is not needed.

    Raises:
        UsageError: they are no numbers, or do not go together.
    """
    rank, size = os.environ.get("RANK", "0"), os.environ.get("WORLD_SIZE", "1")
    if not (rank.isdecimal() and size.isdecimal() and int(rank) < int(size)):
        raise UsageError(
            f"RANK={rank} and WORLD_SIZE={size} do not go together", "Start it with torchrun, or unset them."
        )
    return Rank(int(rank), int(size))

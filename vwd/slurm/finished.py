"""Counting what the tasks of a submission have finished, by the names in the ledger's folder."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import NamedTuple

from vwd.shards.contract_file import read_contract
from vwd.shards.ledger import Ledger, State
from vwd.shards.paths import OutputPaths
from vwd.slurm.submission import Submission

_EVERY_SECONDS = 1.0
# At most so much of the time is spent on looking.
_SHARE = 0.05


class _Left(NamedTuple):
    rows: int
    entry_time: int | None


class FinishedRows:
    """The rows of a submission's shards that were not complete when this was made.

    Raises:
        OutputError: the `pack.json` cannot be read.
    """

    def __init__(self, paths: OutputPaths, submission: Submission) -> None:
        contract = read_contract(paths) if paths.contract.exists() else None
        found = {entry.number: entry for _, state, entry, _ in (Ledger(paths, contract).read() if contract else ())
                 if entry and state is State.DONE}  # fmt: skip
        self._folder = paths.ledger
        self._left: dict[str, _Left] = {}
        for shard in submission.ranges:
            if shard.number not in found or not found[shard.number].covers(shard):
                path = paths.entry(shard.number)  # of a torn one there may be an entry, which will be replaced
                before = path.stat().st_mtime_ns if path.is_file() else None
                self._left[path.name] = _Left(shard.stop - shard.start, before)
        self.total = sum(left.rows for left in self._left.values())
        self._next = 0.0

    def count(self, now: bool = False) -> int | None:
        """The rows finished since the last call; None where it is too early to look again.

        Args:
            now: look in any case.
        """
        began = time.monotonic()
        if began < self._next and not now:
            return None
        finished = 0
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                left = self._left.get(entry.name)
                if left and (left.entry_time is None or entry.stat().st_mtime_ns != left.entry_time):
                    finished += self._left.pop(entry.name).rows
        ended = time.monotonic()
        self._next = ended + max(_EVERY_SECONDS, (ended - began) / _SHARE)
        return finished

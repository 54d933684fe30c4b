"""Where the parts of a shared tar go: each worker writes its own in their places, without waiting for the others.

A part's place is known once all parts before it are rendered. They were begun earlier, so that it nearly always is: the
part goes from memory to its place, and is written once. Else it waits in a spill file until it can be added.
"""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import IO

from vwd.shards.parts import MOST_PARTS, Part
from vwd.shards.spills import Spills
from vwd.storage.tempfiles import lasting_file, open_lasting

# A part in memory; a larger one goes to a spill file.
_KEPT_BYTES = 64 << 20
# Buffers that one call writes (IOV_MAX).
_BUFFERS_A_CALL = 1024
# How long a part waits for those before it: a spill file costs about as much.
_WAIT_SECONDS, _LOOK_SECONDS = 0.03, 0.001
# The table of sizes: one more than each part's size in bytes, 0 while that is not known; set by a single store.
_NUMBER_BYTES = 8


class PartBuffer:
    """A part's blocks: in memory while they are few, then in its spill file."""

    def __init__(self, spills: Spills, part: Part, in_memory: bool) -> None:
        self._spills, self._part, self._in_memory = spills, part, in_memory
        self._stack = ExitStack()
        self._file: IO[bytes] | None = None
        self._blocks: list[bytes] = []
        self._size = 0

    def __enter__(self) -> PartBuffer:
        if not self._in_memory:
            self._spill()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    def write(self, blocks: bytes) -> None:
        """Adds the blocks of a sample."""
        self._size += len(blocks)  # in a spill file, too: the places of the parts behind it depend on it
        if self._file:
            self._file.write(blocks)
            return
        self._blocks.append(blocks)
        if self._size > _KEPT_BYTES:
            self._spill()

    def place(self) -> bool:
        """Writes what is in memory where it belongs in the shard's tar, else to the spill file.

        Returns:
            Whether it is in its place.
        """
        if not self._in_memory:
            return False
        place = _await_place(self._spills, self._part, self._size)
        if place is None or self._file:
            self._spill()
            return False
        with open_lasting(self._spills.tar(self._part.number)) as file:
            _write_at(file.fileno(), self._blocks, place)
        return True

    def _spill(self) -> None:
        if not self._file:
            self._file = self._stack.enter_context(lasting_file(self._spills.path(self._part)))
            self._file.writelines(self._blocks)
            self._blocks.clear()


def _await_place(spills: Spills, part: Part, size: int) -> int | None:
    """Says how large a part is. Where it begins in the tar; None if that is not known after a moment."""
    with open_lasting(spills.sizes(part.number)) as table:
        table.truncate(MOST_PARTS * _NUMBER_BYTES)
        with mmap.mmap(table.fileno(), 0) as mapped, memoryview(mapped) as raw, raw.cast("Q") as sizes:
            sizes[part.order] = size + 1
            deadline = time.monotonic() + _WAIT_SECONDS
            while not all(before := sizes[: part.order].tolist()):
                if time.monotonic() > deadline:
                    return None
                time.sleep(_LOOK_SECONDS)
            return sum(before) - part.order


def _write_at(file: int, blocks: Sequence[bytes], place: int) -> None:
    left = [memoryview(block) for block in blocks if block]
    while left:
        written = os.pwritev(file, left[:_BUFFERS_A_CALL], place)
        place += written
        while left and written >= len(left[0]):
            written -= len(left.pop(0))
        if written:
            left[0] = left[0][written:]

"""Where the parts of a shared tar go: each worker writes its own in their places, without waiting for the others.

A part's place is known once all parts before it are rendered. They were begun earlier, so that this nearly always comes
while the part is rendered, or soon after: what is in memory goes to its place then, the rest at once, and all is
written once. Else it waits in a spill file until it can be added.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import IO

from vwd.shards.parts import Part
from vwd.shards.spills import Spills
from vwd.storage.tempfiles import lasting_file, open_lasting
from vwd.storage.writeback import Writeback

# Of a part in memory; more goes to a spill file.
_KEPT_BYTES = 64 << 20
# Written at once, at most: for larger writes the kernel takes large pages, which nobody has touched lately. Copying
# into these took most of the time that a shared tar cost more than one that a single worker writes.
_PIECE = 1 << 18
# How long a part waits for those before it: a spill file costs about as much.
_WAIT_SECONDS, _LOOK_SECONDS = 0.03, 0.001
# In the table of sizes: a part's size in bytes, and its complement.
_SIZE = struct.Struct("=qq")


class PartMemory:
    """Blocks of one part after another, in a worker's own memory; in large pages where the system has them.

    New memory for each part would cost as much as writing it: the system must find, clear and map every page again.
    """

    def __init__(self) -> None:
        self._pages: mmap.mmap | None = None
        self._used = 0

    def add(self, blocks: bytes) -> bool:
        """Keeps blocks behind those that are here. Returns False, and does not, where they are too many."""
        if self._used + len(blocks) > _KEPT_BYTES:
            return False
        if self._pages is None:
            self._pages = mmap.mmap(-1, _KEPT_BYTES)
            with suppress(AttributeError, OSError):  # a system without large pages
                self._pages.madvise(mmap.MADV_HUGEPAGE)
        self._pages[self._used : self._used + len(blocks)] = blocks
        self._used += len(blocks)
        return True

    def take(self) -> memoryview:
        """What is kept, in order; it is gone when more is added."""
        used, self._used = self._used, 0
        return memoryview(self._pages or b"")[:used]


class PartBuffer:
    """Takes a part's blocks to their place in the shard's tar, by way of memory or of a spill file.

    Args:
        memory: where they wait while their place is not known.
    """

    def __init__(self, spills: Spills, part: Part, memory: PartMemory) -> None:
        self._spills, self._part, self._memory = spills, part, memory
        self._stack = ExitStack()
        self._sizes: _Sizes | None = None
        self._spill_file: IO[bytes] | None = None
        self._tar: IO[bytes] | None = None
        self._writeback: Writeback | None = None
        self._place = self._size = 0

    def __enter__(self) -> PartBuffer:
        self._memory.take()  # of a part that failed
        table = self._stack.enter_context(open_lasting(self._spills.sizes(self._part.number)))
        self._sizes = _Sizes(table, self._part.order)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    def write(self, blocks: bytes) -> None:
        """Adds the blocks of a sample."""
        if self._spill_file:
            self._spill_file.write(blocks)
        elif self._tar or self._is_placed():
            self._put(blocks)
        elif not self._memory.add(blocks):
            self._spill(blocks)
        self._size += len(blocks)  # in a spill file, too: the places of the parts behind it depend on it

    def place(self) -> bool:
        """Ends the part: says how large it is, and writes what is in memory where it belongs, else to the spill file.

        Returns:
            Whether it is in its place.
        """
        assert self._sizes
        self._sizes.tell(self._size)
        deadline = time.monotonic() + _WAIT_SECONDS
        while not (self._spill_file or self._is_placed()):
            if time.monotonic() > deadline:
                self._spill(b"")
            else:
                time.sleep(_LOOK_SECONDS)
        if self._writeback:
            self._writeback.begin(self._place)
        return self._tar is not None

    def _is_placed(self) -> bool:
        """Whether the place of the part is known; then what was kept is there."""
        assert self._sizes
        if not self._tar and (place := self._sizes.before()) is not None:
            self._place = place
            self._tar = self._stack.enter_context(open_lasting(self._spills.tar(self._part.number)))
            self._writeback = Writeback(self._tar, place)
            with self._memory.take() as kept:
                self._put(kept)
        return self._tar is not None

    def _put(self, blocks: bytes | memoryview) -> None:
        assert self._tar
        assert self._writeback
        with memoryview(blocks) as left:
            written = 0
            while written < len(left):
                written += os.pwrite(self._tar.fileno(), left[written : written + _PIECE], self._place + written)
        self._place += written
        self._writeback.reach(self._place)

    def _spill(self, blocks: bytes) -> None:
        self._spill_file = self._stack.enter_context(lasting_file(self._spills.path(self._part)))
        with self._memory.take() as kept:
            for start in range(0, len(kept), _PIECE):
                self._spill_file.write(kept[start : start + _PIECE])
        self._spill_file.write(blocks)


class _Sizes:
    """The table of the sizes of a shard's parts, which the workers share, as one of its parts needs it.

    It is read and written, not mapped: not every file system maps files that are shared, and on a full one that would
    end the process. A size stands beside its complement, so that half a write is not taken for one.
    """

    def __init__(self, table: IO[bytes], order: int) -> None:
        self._table, self._order = table, order
        self._known = self._before = 0

    def tell(self, size: int) -> None:
        """Says how large the part is, in bytes."""
        os.pwrite(self._table.fileno(), _SIZE.pack(size, ~size), self._order * _SIZE.size)

    def before(self) -> int | None:
        """The bytes of all parts before it; None while one is not known."""
        while self._known < self._order and (size := self._size(self._known)) is not None:
            self._before += size
            self._known += 1
        return self._before if self._known == self._order else None

    def _size(self, order: int) -> int | None:
        raw = os.pread(self._table.fileno(), _SIZE.size, order * _SIZE.size)
        size, complement = _SIZE.unpack(raw) if len(raw) == _SIZE.size else (0, 0)
        return size if size == ~complement else None

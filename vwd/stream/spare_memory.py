"""Memory for frames that is used again: new memory costs more than drawing in it, as the kernel clears it first."""

from __future__ import annotations

import sys
import weakref
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

# One batch: a training loop has the last one while the next is drawn, and then gives it back.
_spare: list[Bytes] = []


# References to memory that nobody uses: that of its lease, of the array that ends, and of the call that counts them.
_UNUSED = 3


class _Lease:
    """Holds memory whose array somebody has."""

    def __init__(self, memory: Bytes) -> None:
        self.memory = memory

    def end(self) -> None:
        """Keeps the memory for the next array, unless another array than the one handed out is still in it."""
        if sys.getrefcount(self.memory) == _UNUSED:
            _spare[:] = [self.memory]


def empty(shape: tuple[int, ...]) -> Bytes:
    """An array of any content, as np.empty: where the last one of that size has been freed, in its memory.

    As much as the last one's memory stays with the process.
    """
    size = prod(shape)
    found = _spare.pop() if _spare else None
    memory = np.empty(size, np.uint8) if found is None or found.size != size else found
    lease = _Lease(memory)
    lent: Any = memory.reshape(shape).view()
    weakref.finalize(lent, lease.end).atexit = False
    return lent  # type: ignore[no-any-return]

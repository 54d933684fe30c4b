"""Files that reach the disk while they grow: the fsync at their end, for which every worker waits, has little left."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import IO

# Begun at once: enough for a disk to be busy with, and little for the last fsync to wait for.
_PIECE = 16 << 20


class Writeback:
    """Asks the system to write what was added to a file in the background, some MB at a time.

    Advice that pages are not needed does that, and leaves those that are not on the disk yet in memory. It is advice:
    where it is not taken, the fsync writes all.

    Args:
        start: from where on the file is written.
    """

    def __init__(self, file: IO[bytes], start: int = 0) -> None:
        self._file, self._begun = file, start

    def reach(self, end: int) -> None:
        """The file is written up to here: begins with what is new, if it is much."""
        if end - self._begun >= _PIECE:
            self.begin(end)

    def begin(self, end: int) -> None:
        """Begins with all that is new up to here."""
        if end > self._begun:
            with suppress(AttributeError, OSError):  # a system or a file system that takes no advice
                os.posix_fadvise(self._file.fileno(), self._begun, end - self._begun, os.POSIX_FADV_DONTNEED)
        self._begun = end

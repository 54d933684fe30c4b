"""How tasks on this machine ended: noted in the last line of their logs by the run that started them."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from vwd.slurm.commands import FinishedJob
from vwd.slurm.run import printable

NOT_STARTED, STOPPED, FAILED, COMPLETED, UNKNOWN = "NOT STARTED", "STOPPED", "FAILED", "COMPLETED", "UNKNOWN"
_TAIL_BYTES = 8192
_STOPPED = "[vwd slurm] stopped"
_ENDED = re.compile(r"\[vwd slurm\] ended with exit code (-?[0-9]{1,3})")


def open_log(log: Path) -> int:
    """The handle of a log to append to.

    Raises:
        OSError: it cannot be written, or is not a regular file.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(log, flags, 0o666)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(None, "not a regular file", str(log))
    return handle


def note_outcome(log: Path, code: int, stopped: bool = False) -> None:
    """Notes how a task ended.

    Args:
        code: its exit code; that of a signal is negative.
        stopped: whether the run itself ended it.
    """
    with suppress(OSError):  # on a full disk, which the task has reported
        handle = open_log(log)
        line = _STOPPED if stopped else f"[vwd slurm] ended with exit code {code}"
        try:
            os.write(handle, f"{line}\n".encode())
        finally:
            os.close(handle)


def local_outcome(log: Path) -> FinishedJob:
    """How a task on this machine ended, by its log."""
    if not log.exists():
        return FinishedJob(NOT_STARTED, "", "")
    lines = read_tail(log)
    last = lines[-1] if lines else ""
    if last == _STOPPED or any(line.startswith("Stopped by ") for line in lines[-3:]):
        return FinishedJob(STOPPED, "", "")
    if found := _ENDED.fullmatch(last):
        code = int(found[1])
        return FinishedJob(FAILED if code else COMPLETED, f"{code}:0" if code >= 0 else f"0:{-code}", "")
    return FinishedJob(UNKNOWN, "", "")


def read_tail(log: Path) -> list[str]:
    """The last lines of a log; none where it is not a regular file."""
    with suppress(OSError):
        handle = os.open(log, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(handle)
            if stat.S_ISREG(status.st_mode):
                read = os.pread(handle, _TAIL_BYTES, max(0, status.st_size - _TAIL_BYTES))
                return [printable(line) for line in read.decode(errors="replace").split("\n") if line.strip()]
        finally:
            os.close(handle)
    return []

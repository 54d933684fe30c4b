"""Marks of processes in file names: who wrote a temporary file, and whether that process still lives."""

from __future__ import annotations

import hashlib
import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path


def process_mark() -> str:
    """This process, as `<node>.<process number>`."""
    return f"{_node()}.{os.getpid()}"


def is_dead(mark: str) -> bool | None:
    """Whether the process of a mark is gone; None for one of another node, which cannot be asked."""
    node, _, number = mark.partition(".")
    if node != _node() or not number.isdigit():
        return None
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(number)


def _is_zombie(number: str) -> bool:
    """Whether a process has ended, and its parent has not asked how."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in "ZX"


@cache
def _node() -> str:
    """This machine, this boot and this set of process numbers: where a process number means something."""
    marks = [socket.gethostname()]
    with suppress(OSError):
        marks.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        marks.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:12]

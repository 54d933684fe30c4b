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
    return not Path(f"/proc/{number}").exists()


@cache
def _node() -> str:
    """This machine, this boot and this set of process numbers: where a process number means something."""
    marks = [socket.gethostname()]
    with suppress(OSError):
        marks.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        marks.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:12]

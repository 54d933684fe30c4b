"""Tags of processes for file names: who wrote a temporary file, and whether that process is still alive."""

from __future__ import annotations

import hashlib
import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path


def process_tag() -> str:
    """This process, as `<node>.<process id>`."""
    return f"{_node()}.{os.getpid()}"


def has_ended(tag: str) -> bool | None:
    """Whether the process of a tag is gone; None for one on another node, which cannot be asked."""
    node, _, number = tag.partition(".")
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
    """Whether a process has ended without its parent having collected its exit code."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in "ZX"


@cache
def _node() -> str:
    """This machine, this boot and this process namespace: where a process id has a meaning."""
    marks = [socket.gethostname()]
    with suppress(OSError):
        marks.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        marks.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:12]

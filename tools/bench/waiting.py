"""What the seconds of a command's processes are made of: running, waiting for a CPU that others use, and idle.

Where other programs run, a clock says little. The kernel counts for each thread how long it ran, and how long it could
have run and had no CPU (`/proc/<pid>/schedstat`): without the latter, this is what the command takes on a free machine.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LOOK_SECONDS = 0.05
_NANO = 1e9


@dataclass(frozen=True)
class Times:
    """Seconds of one process.

    Attributes:
        alive: from when it was first seen to when it was last seen.
        ran: on a CPU, in all threads.
        waited: for one, in the thread that waited most.
    """

    alive: float
    ran: float
    waited: float

    @property
    def idle(self) -> float:
        return max(self.alive - self.ran - self.waited, 0.0)


@dataclass(frozen=True)
class Watched:
    """A command that has ended. `cpu` is of all its processes, `children` in the order of their start."""

    seconds: float
    cpu: float
    parent: Times
    children: tuple[Times, ...]


def watch(command: Sequence[str], **environment: str) -> Watched:
    """Runs a command, and looks at its processes twenty times a second: more would take CPU time from two workers.

    Raises:
        subprocess.CalledProcessError: it fails.
    """
    seen: dict[int, tuple[float, float, float, float]] = {}
    cpu, started = os.times(), time.perf_counter()
    with subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            now = time.perf_counter()
            for pid in (process.pid, *_children(process.pid)):
                if found := _counted(pid):
                    first = seen[pid][0] if pid in seen else now
                    seen[pid] = (first, now, *found)
            time.sleep(_LOOK_SECONDS)
    seconds, after = time.perf_counter() - started, os.times()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    used = after.children_user + after.children_system - cpu.children_user - cpu.children_system
    times = {pid: Times(last - first, ran, waited) for pid, (first, last, ran, waited) in seen.items()}
    parent = times.pop(process.pid)
    return Watched(seconds, used, parent, tuple(times.values()))


def ran(pid: int) -> float:
    """Seconds that a process ran so far, in all threads that it has; 0 where there is none."""
    counted = _counted(pid)
    return counted[0] if counted else 0.0


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _counted(pid: int) -> tuple[float, float] | None:
    with suppress(OSError, ValueError):
        threads = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
        return sum(int(ran) for ran, _, _ in threads) / _NANO, max(int(waited) for _, waited, _ in threads) / _NANO
    return None

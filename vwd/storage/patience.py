"""How long a server may be silent, and a line on stderr while one is.

Silence is measured, since the clients behind it have timeouts and retries of their own, which multiply: a connection
that is accepted and never answered may otherwise cost half an hour.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vwd.errors import UsageError

PATIENCE = "VWD_PATIENCE"
_DEFAULT_SECONDS = 120
_LEAST, _MOST = 10, 86_400

# Less than this in all that time is silence: answers of an error, or the beginnings of connections that break off.
_SOME_BYTES = 100_000
_SOME_CPU_SECONDS = 3.0
# Linux's struct tcp_info: bytes that were acknowledged, then bytes that were received.
_TCP_BYTES = slice(120, 136)

_log = logging.getLogger("vwd.storage")


def patience() -> int:
    """Seconds of silence after which a server is given up: `VWD_PATIENCE`, else 120.

    Raises:
        UsageError: the variable is no whole number from 10 to 86,400.
    """
    text = os.environ.get(PATIENCE, "")
    if not text:
        return _DEFAULT_SECONDS
    if re.fullmatch("[0-9]{1,5}", text) and _LEAST <= int(text) <= _MOST:
        return int(text)
    raise UsageError(
        f"{PATIENCE}={ascii(text)[1:-1]:.40} is not a whole number of seconds from {_LEAST} to {_MOST:,}",
        f"Set it to the seconds that a server may be silent, or unset it for {_DEFAULT_SECONDS}.",
    )


class Silence:
    """How long this process has done nothing: no bytes sent or received over TCP, none written, no CPU time used."""

    def __init__(self) -> None:
        self._since, self._mark = time.monotonic(), _measure()

    def seconds(self) -> float:
        """Since something was last seen to happen."""
        now = _measure()
        if _has_happened(self._mark, now):
            self._since, self._mark = time.monotonic(), now
        return time.monotonic() - self._since

    def restart(self) -> float:
        """Counts from now on: zero seconds."""
        self._since, self._mark = time.monotonic(), _measure()
        return 0.0


def say_waiting(name: str, silent: float) -> None:
    """The line on stderr about a server that has been silent for some time."""
    _log.warning(
        "Waiting for %s, silent for %d seconds; up to %d are allowed (%s).", name, silent, patience(), PATIENCE
    )


def before_saying() -> float:
    """Seconds of silence after which that line is due."""
    return min(30.0, patience() / 3)


_waits: dict[object, tuple[str, float]] = {}
_lock = threading.Lock()
_watching = threading.Event()


@contextmanager
def waiting_for(name: str) -> Iterator[None]:
    """While a request in the block gets no answer for long, a line says so."""
    token = object()
    with _lock:
        _waits[token] = name, time.monotonic()
        if not _watching.is_set():
            _watching.set()
            threading.Thread(target=_watch, daemon=True).start()
    try:
        yield
    finally:
        with _lock:
            del _waits[token]


def _watch() -> None:
    """Looks now and then whether a request waits in silence; ends where there was none for a while."""
    said: set[object] = set()
    silence, due = Silence(), before_saying()
    while True:
        time.sleep(due / 6)
        silent = silence.seconds()
        with _lock:
            waits = dict(_waits)
            if not waits:
                _watching.clear()
                return
        for token, (name, start) in waits.items():
            if token not in said and min(silent, time.monotonic() - start) >= due:
                said.add(token)
                say_waiting(name, silent)
                break  # one line for all that wait


_Measure = tuple[float, int, dict[str, int]]


def _measure() -> _Measure:
    times = os.times()
    cpu = times.user + times.system + times.children_user + times.children_system
    return cpu, _written(), _tcp_bytes()


def _has_happened(before: _Measure, now: _Measure) -> bool:
    moved = sum(max(0, count - before[2].get(name, 0)) for name, count in now[2].items())
    return now[0] - before[0] >= _SOME_CPU_SECONDS or now[1] - before[1] + moved >= _SOME_BYTES


def _written() -> int:
    """Bytes that this process has written to files and pipes."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/io").read_text().split("wchar: ")[1].split()[0])
    return 0


def _tcp_bytes() -> dict[str, int]:
    """Bytes that each open TCP connection has sent or received, whichever library has opened it."""
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            target = str(entry.readlink())
            if target.startswith("socket:"):
                found[target] = _bytes_of(os.dup(int(entry.name)))
    return found


def _bytes_of(descriptor: int) -> int:
    try:
        connection = socket.socket(fileno=descriptor)
    except OSError:  # closed meanwhile, and the number is used for something else
        os.close(descriptor)
        raise
    with connection:
        if connection.family not in (socket.AF_INET, socket.AF_INET6):
            return 0
        state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)[_TCP_BYTES]
    return sum(int.from_bytes(state[at : at + 8], sys.byteorder) for at in (0, 8))

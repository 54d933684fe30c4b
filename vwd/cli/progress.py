"""Progress on stderr: a bar on a terminal, a plain line every half minute in a log."""

from __future__ import annotations

import time
from types import TracebackType

from vwd.cli.command import echo, on_terminal

_LINE_EVERY_SECONDS = 30.0


class Progress:
    """Counts towards a total; use as a context."""

    def __init__(self, what: str, total: int, unit: str) -> None:
        self._what, self._total, self._unit = what, total, unit
        self._done = 0
        self._started = self._last_line = time.monotonic()
        self._bar = None
        if on_terminal():
            from tqdm import tqdm

            tqdm.monitor_interval = 0  # a thread for bars that are seldom updated; see `vwd.shards.pool`
            self._bar = tqdm(total=total, desc=what, unit=f" {unit}", dynamic_ncols=True, leave=False)

    def add(self, count: int = 1) -> None:
        self._done += count
        if self._bar is not None:
            self._bar.update(count)
        elif time.monotonic() - self._last_line >= _LINE_EVERY_SECONDS:
            self._last_line = time.monotonic()
            echo(self._line(), err=True)

    def _line(self) -> str:
        rate = self._done / max(time.monotonic() - self._started, 0.001)
        left = format_duration((self._total - self._done) / rate) if rate else "?"
        return f"{self._what}: {self._done:,} of {self._total:,} {self._unit}, {rate:.1f}/s, {left} left"

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()


def format_duration(seconds: float) -> str:
    """A length of time for a person: 42 s, 3 min 10 s, 5 h 20 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def format_size(count: float) -> str:
    """A number of bytes for a person, in powers of 1000."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"

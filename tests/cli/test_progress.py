"""Progress: a bar on a terminal, plain lines in a log, and neither of them on stdout."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from conftest import Run, environment
from shards.packing import MEDIUM, gsm8k, write_lamps

from vwd.cli.progress import format_duration, format_size


def read_until_closed(terminal: int) -> str:
    """Everything that is written to a terminal until its last writer has closed it."""
    shown = b""
    while True:
        try:
            block = os.read(terminal, 65_536)
        except OSError:  # how Linux reports that the other end is closed
            return shown.decode()
        if not block:
            return shown.decode()
        shown += block


def test_a_terminal_shows_a_bar_of_rows(tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    command = [sys.executable, "-m", "vwd", *map(str, gsm8k(size=MEDIUM))]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(TERM="xterm"), stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as process:
        os.close(theirs)
        shown = read_until_closed(ours)
        assert process.stdout
        printed = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0
    assert "/18 [" in shown
    assert "rows/s" in shown or "s/ rows" in shown
    assert "18 samples" in printed
    assert "/18 [" not in printed


def test_a_log_has_no_bar(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    done = run(*gsm8k())
    assert "\r" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (42, "42 s"), (59.6, "1 min 0 s"), (190, "3 min 10 s"), (19_200, "5 h 20 min"),
     (4_000_000, "1,111 h 6 min")],
)  # fmt: skip
def test_a_duration_is_formatted_for_people(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (2_000_000, "2.0 MB"), (7.25e9, "7.2 GB"),
     (3.5e15, "3,500.0 TB")],
)  # fmt: skip
def test_a_number_of_bytes_is_formatted_for_people(count: float, text: str) -> None:
    assert format_size(count) == text

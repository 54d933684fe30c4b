"""Progress of tasks on this machine, and how those are named that did not end well."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import HANG_SECONDS, Run, environment, write_rows
from shards.packing import lamp_rows, start, wait_until
from slurm.commands import Commands, queueing

from vwd.cli import progress
from vwd.cli.slurm.local import run as run_tasks
from vwd.errors import OutputError
from vwd.shards.paths import OutputPaths
from vwd.slurm.arrays import Window, Work
from vwd.slurm.finished import FinishedRows
from vwd.slurm.outcomes import local_outcome, note_outcome, open_log, read_tail
from vwd.slurm.settings import SlurmSettings
from vwd.slurm.submission import Submission

SMALL = ("--rows", "rows.jsonl", "--shard-size", 3, "--size", "160x120", "--font-size", 16)


@pytest.fixture(autouse=True)
def rows(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl", lamp_rows(12))


def submission(rows: Path) -> Submission:
    """Two tasks of two shards."""
    pack = ("--rows", str(rows), *map(str, SMALL[2:]))
    return Submission("gsm8k", Work(12, 3), 2, (Window(0, 2),), pack, None, SlurmSettings(), sys.executable,
                      str(rows.parent))  # fmt: skip


def failed(run: Run) -> dict[int, dict[str, Any]]:
    """The failed tasks by number, as `vwd slurm status` tells."""
    (status,) = json.loads(run("slurm", "status", "--json").stdout)
    return {task["task"]: task for task in status["failed_tasks"]}


@pytest.mark.slow
def test_a_log_has_a_line_of_progress_now_and_then(
    rows: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_LINE_EVERY_SECONDS", 0.0)
    assert run_tasks(OutputPaths(rows.parent, "gsm8k"), submission(rows), 1) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("gsm8k: ") and " rows, " in line]
    assert lines
    assert lines[-1].startswith("gsm8k: 12 of 12 rows, ")


@pytest.mark.slow
def test_a_terminal_has_a_bar_as_in_vwd_pack(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "vwd", "slurm", "submit", "gsm8k", *map(str, SMALL), "--local", "1"],
        cwd=tmp_path, env=environment(SAMPLES_PER_NODE="6", TERM="xterm"), stdout=subprocess.DEVNULL, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while read := os.read(ours, 65_536):
            shown += read
    except OSError:
        pass  # its other end is closed
    assert process.wait(timeout=HANG_SECONDS) == 0
    os.close(ours)
    assert b"0/12" in shown
    assert b"4 of 4 shards complete" in shown


def test_rows_are_counted_when_their_shard_is_complete_and_those_before_are_not(run: Run, rows: Path) -> None:
    run("pack", "gsm8k", *SMALL, "--num-workers", 1, "--num-samples", 6)
    paths = OutputPaths(rows.parent / "shards", "gsm8k")
    paths.tar(1).write_bytes(b"")  # torn: its entry will be replaced
    counted = FinishedRows(paths, submission(rows))
    assert counted.total == 9
    assert counted.count() == 0
    assert counted.count() is None  # too early
    run("pack", "gsm8k", *SMALL, "--num-workers", 1)
    assert counted.count(now=True) == 9
    assert counted.count(now=True) == 0


@pytest.mark.slow
def test_tasks_that_were_stopped_and_that_never_began_are_named_so(run: Run, tmp_path: Path) -> None:
    slow = ("--rows", "rows.jsonl", "--shard-size", 3, "--encoder", "opencv")
    process = start(tmp_path, "slurm", "submit", "gsm8k", *slow, "--local", 1, SAMPLES_PER_NODE="6")
    assert wait_until(process, tmp_path / "shards" / "gsm8k", ".tmp/gsm8k-*.tar.*")
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 130
    assert "Traceback" not in told
    assert {number: task["state"] for number, task in failed(run).items()} == {0: "STOPPED", 1: "NOT STARTED"}
    shown = run("slurm", "status").stdout
    assert "STOPPED: the run was stopped; finished shards are kept" in shown
    assert "NOT STARTED: the run ended before it began" in shown
    assert "UNKNOWN" not in shown


def test_a_task_that_is_killed_is_named_by_the_signal(run: Run, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/bash\nkill -KILL $$\n")
    python.chmod(0o755)
    done = run("slurm", "submit", "gsm8k", *SMALL, "--local", 1, check=False, VWD_PYTHON=str(python))
    assert done.returncode == 1
    task = failed(run)[0]
    assert (task["state"], task["exit_code"], task["reason"]) == ("FAILED", "0:9", "killed by SIGKILL")


@pytest.mark.parametrize(
    ("log", "state", "code"),
    [
        (None, "NOT STARTED", ""),
        ("", "UNKNOWN", ""),
        ("Stopped by SIGTERM; finished work is kept.\nRun it again.\n", "STOPPED", ""),
        ("Error: x\ny\n[vwd slurm] ended with exit code 1\n", "FAILED", "1:0"),
        ("[vwd slurm] ended with exit code 0\n", "COMPLETED", "0:0"),
        ("[vwd slurm] ended with exit code -9\n", "FAILED", "0:9"),
        ("[vwd slurm] ended with exit code ²\n", "UNKNOWN", ""),
        ("[vwd slurm] stopped\n", "STOPPED", ""),
        ("x" * 100_000, "UNKNOWN", ""),
    ],
)
def test_the_last_line_of_a_log_tells_how_its_task_ended(
    tmp_path: Path, log: str | None, state: str, code: str
) -> None:
    path = tmp_path / "log"
    if log is not None:
        path.write_text(log)
    found = local_outcome(path)
    assert (found.state, found.exit_code) == (state, code)


def test_an_outcome_reads_back_as_it_was_noted(tmp_path: Path) -> None:
    for code, stopped, state in ((0, False, "COMPLETED"), (143, True, "STOPPED"), (2, False, "FAILED")):
        note_outcome(tmp_path / "log", code, stopped)
        assert local_outcome(tmp_path / "log").state == state


def test_a_log_that_is_a_pipe_or_a_link_is_neither_waited_for_nor_followed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    assert read_tail(tmp_path / "pipe") == []
    for name in ("pipe", "link"):
        with pytest.raises(OSError, match=r"pipe|link|not a regular file"):
            open_log(tmp_path / name)
    assert not (tmp_path / "target").exists()


def test_logs_that_cannot_be_written_are_two_lines_and_no_task_is_left(rows: Path) -> None:
    paths = OutputPaths(rows.parent / "shards", "gsm8k")
    logs = paths.out / "logs"
    logs.mkdir(parents=True)
    (logs / "vwd-gsm8k-0001_local_1.out").symlink_to("/nowhere/else")
    with pytest.raises(OutputError, match=r"0001_local_1\.out"):
        run_tasks(paths, submission(rows), 2)
    began = time.monotonic()
    while list(paths.folder.glob(".tmp/*")) and time.monotonic() - began < HANG_SECONDS:
        time.sleep(0.05)
    assert local_outcome(logs / "vwd-gsm8k-0001_local_0.out").state == "STOPPED"


def test_a_dry_run_repeats_the_plan_s_warning_of_idle_cpus_on_stderr(run: Run, tmp_path: Path) -> None:
    commands = Commands(tmp_path / "bin")
    queueing(commands)
    many = {**commands.variables, "CPUS_PER_NODE": "64"}
    planned = run("slurm", "plan", "gsm8k", *SMALL, **many).stdout
    dry = run("slurm", "submit", "gsm8k", *SMALL, "--dry-run", **many)
    assert "a task has rows for 4 of its 64 CPUs" in planned
    assert "a task has rows for 4 of its 64 CPUs" in dry.stderr
    assert "CPUs" not in dry.stdout
    assert "CPUs" not in run("slurm", "submit", "gsm8k", *SMALL, "--dry-run", **commands.variables).stderr

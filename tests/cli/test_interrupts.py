"""A signal ends any verb at any moment with two lines at most, and a worker's death is named."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run
from shards.packing import copy_pack, gsm8k, start, vwd, write_lamps

pytest_plugins = ["shards.packed"]

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
VERBS: dict[str, tuple[object, ...]] = {
    "pack": ("pack", "gsm8k", "--rows", "rows.jsonl"),
    "status": ("status",),
    "verify": ("verify", "--num-workers", 2),
    "index": ("index",),
    "export": ("export-jsonl",),
    "datasets": ("datasets",),
    "slurm": ("slurm", "status"),
    "help": ("--help",),
}


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shards of 1,000 samples, which take long enough to verify that a signal arrives meanwhile. Read-only."""
    folder = tmp_path_factory.mktemp("large")
    write_lamps(folder, 2000)
    vwd(folder, *gsm8k("--shard-size", 1000))
    return folder


def handles_signals(process: subprocess.Popen[str]) -> bool:
    """Whether a process has set a handler of SIGTERM, which Python itself does not."""
    with suppress(OSError, IndexError):
        caught = Path(f"/proc/{process.pid}/status").read_text().split("SigCgt:")[1].split()[0]
        return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)
    return False


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    found = []
    with suppress(OSError):
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            with suppress(OSError):
                if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes():
                    found.append(int(child))
    return found


def wait_until(process: subprocess.Popen[str], condition: object) -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if callable(condition) and condition(process):
            return
        time.sleep(0.001)
    pytest.fail(f"ended too early, or never got there: {process.communicate()}")


def assert_stopped(process: subprocess.Popen[str], code: int) -> None:
    _, err = process.communicate(timeout=HANG_SECONDS)
    lines = [line for line in err.splitlines() if "to pack, " not in line]
    assert process.returncode == code, err
    assert len(lines) == 2, err
    assert lines[0].startswith(f"Stopped by {signal.Signals(code - 128).name}")
    assert "Traceback" not in err


@pytest.mark.parametrize(("signum", "code"), SIGNALS)
@pytest.mark.parametrize("verb", VERBS)
def test_a_signal_in_the_first_moment_ends_quietly(
    tmp_path: Path, verb: str, signum: signal.Signals, code: int
) -> None:
    write_lamps(tmp_path, 6)
    process = start(tmp_path, *VERBS[verb])
    wait_until(process, handles_signals)
    os.killpg(process.pid, signum)
    assert_stopped(process, code)


@pytest.mark.parametrize(("signum", "code"), SIGNALS)
@pytest.mark.parametrize("verb", ["verify", "pack"])
@pytest.mark.parametrize("whole_group", [True, False])
def test_a_signal_while_workers_start_or_work_ends_quietly(
    large: Path, tmp_path: Path, verb: str, signum: signal.Signals, code: int, whole_group: bool
) -> None:
    folder = copy_pack(large, tmp_path)
    if verb == "pack":
        for tar in folder.glob("*.tar"):
            tar.unlink()
    process = start(tmp_path, *(gsm8k("--shard-size", 1000) if verb == "pack" else VERBS[verb]))
    wait_until(process, workers_of)
    (os.killpg if whole_group else os.kill)(process.pid, signum)
    assert_stopped(process, code)


@pytest.mark.slow
def test_a_killed_worker_of_verify_is_a_problem_of_its_shard_and_not_of_the_program(
    large: Path, tmp_path: Path
) -> None:
    copy_pack(large, tmp_path)
    process = start(tmp_path, *VERBS["verify"])
    wait_until(process, workers_of)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    out, err = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 1, err
    assert "could not be checked: the worker process was killed by SIGKILL" in out
    assert "clean" not in out
    assert "unexpected" not in err


def test_verify_is_clean_afterwards(run: Run, three_shards: Path) -> None:
    assert "clean" in run("verify", three_shards / "shards", "--num-workers", 2).stdout

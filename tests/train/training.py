"""Training runs for tests: a tiny model, runs that are killed, and the metrics that they wrote."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from conftest import HANG_SECONDS, environment

PROJECT = Path(__file__).resolve().parents[2]
# Two blocks of 16 channels on four frames of 16x24: a step takes some milliseconds.
TINY = """
frames: 4
size: 16x24
dim: 16
depth: 2
text_bytes: 16
batch_size: 4
learning_rate: 0.01
threads: 1
device: cpu
log_keys: true
"""


def start(
    ranks: int, output: Path, checkpoint: Path, *more: object, stdout: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    """Starts the trainer with the settings of `TINY`, under torchrun where there is more than one rank."""
    config = checkpoint.with_name(f"{checkpoint.name}.yaml")
    config.write_text(TINY)
    runner = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"] if ranks > 1 else []
    program = PROJECT / "tools" / "train" / "train.py"
    command = [sys.executable, *runner, program, output, "--checkpoint", checkpoint, "--config", config]
    return subprocess.Popen(
        [str(word) for word in (*command, *more)],
        env=environment(PYTHONPATH=str(PROJECT)), start_new_session=True, text=True,
        stdout=stdout, stderr=subprocess.PIPE,
    )  # fmt: skip


def train(
    output: Path, checkpoint: Path, *more: object, ranks: int = 1, code: int = 0
) -> subprocess.CompletedProcess[str]:
    """Trains to the end; the run must exit in time and with this code."""
    process = start(ranks, output, checkpoint, *more, stdout=subprocess.PIPE)
    try:
        out, err = process.communicate(timeout=HANG_SECONDS)
    finally:
        kill(process)
    assert process.returncode == code, err
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def lines(checkpoint: Path) -> list[dict[str, Any]]:
    """The complete lines of a run's metrics."""
    path = checkpoint / "metrics.jsonl"
    text = path.read_text() if path.is_file() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def numbers(checkpoint: Path) -> list[dict[str, Any]]:
    """The lines without measured times."""
    return [{k: v for k, v in line.items() if k not in ("seconds", "waited")} for line in lines(checkpoint)]


def newest(checkpoint: Path) -> int:
    """The step of the newest checkpoint; 0 where there is none."""
    return max((int(path.stem.removeprefix("step-")) for path in checkpoint.glob("step-*.pt")), default=0)


def freeze_past_checkpoint(process: subprocess.Popen[str], checkpoint: Path, steps: int) -> None:
    """Freezes a run when it is at least this many steps past its newest checkpoint."""
    deadline = time.monotonic() + HANG_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if newest(checkpoint):
            signal_all(process, signal.SIGSTOP)
            if len(lines(checkpoint)) >= newest(checkpoint) + steps:
                return
            signal_all(process, signal.SIGCONT)
        time.sleep(0.01)
    kill(process)
    raise AssertionError(f"the run ended too early: {process.communicate()[1]}")


def kill(process: subprocess.Popen[str]) -> None:
    """Sends SIGKILL to all processes of a run."""
    signal_all(process, signal.SIGKILL)
    process.communicate(timeout=HANG_SECONDS)


def signal_all(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Signals a running process and all its descendants; torchrun's ranks are in sessions of their own."""
    if process.poll() is None:
        for one in [process.pid, *descendants(process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(one, number)


def descendants(parent: int) -> list[int]:
    """The processes that a process started, directly or not."""
    found: list[int] = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *descendants(child)]
    return found

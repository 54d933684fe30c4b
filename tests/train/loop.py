"""The loop of training, sampling and grading for tests: rows, their shards, and the programs as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conftest import HANG_SECONDS, environment
from train.training import PROJECT

PROGRAMS = PROJECT / "tools" / "train"
PICTURES = ("--size", "160x48", "--frames", 8, "--fps", 4, "--font-size", 16)
COLUMNS = ("--prompt-column", "question", "--answer-column", "answer", "--final-column", "final", "--language", "en")


def run(
    folder: Path, *line: object, code: int = 0, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a Python program or module in a folder; it must exit with this code."""
    done = subprocess.run(
        [sys.executable, *map(str, line)], cwd=folder, env=environment(PYTHONPATH=str(PROJECT), **(env or {})),
        capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done


def pack(folder: Path, name: str, rows: str) -> Path:
    """Packs a file of rows as small pictures. Returns the dataset's folder."""
    run(folder, "-m", "vwd", "pack", name, "--rows", rows, *COLUMNS, *PICTURES, "--num-workers", 1)
    return folder / "shards" / name


def grade(folder: Path, videos: str, output: Path, task: str) -> dict[str, Any]:
    done = run(folder, "-m", "vwd", "grade", videos, "--against", output, "--task", task, "--json")
    report: dict[str, Any] = json.loads(done.stdout)
    return report

"""What all tests share: where real rows are, and running the command as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from fork_server import can_fork, run_forked
from hypothesis import settings

# Real rows are kept next to the project, not in it; a test that needs them is skipped when they are absent.
REAL_ROWS = Path(__file__).resolve().parents[2] / "shared" / "data"

# How long a test waits for a process before it counts as hung; a loaded machine may take a minute for seconds of work.
HANG_SECONDS = 600

# Hundreds of short-lived processes need their compiled modules kept, also where the environment says otherwise.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Here, since a plugin that one test module names serves only the tests that run after it was loaded.
pytest_plugins = ["stream.workers", "report.fixtures"]

Run = Callable[..., "subprocess.CompletedProcess[str]"]

# No time limit per example: on a loaded machine any example may exceed hypothesis's 200 ms.
settings.register_profile("vwd", deadline=None)
settings.load_profile("vwd")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Twice the CPUs for `-n auto`: many tests wait for a cluster, a server, or a process that is to be killed."""
    return 2 * len(os.sched_getaffinity(0))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs the cluster's tests first: they mostly wait, and the other tests use the CPUs meanwhile."""
    items.sort(key=lambda item: item.get_closest_marker("slurm") is None)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `vwd …` in `tmp_path`, with the hub switched off and without Slurm's variables."""

    def call(
        *args: object, check: bool = True, timeout: float = HANG_SECONDS, **env: str
    ) -> subprocess.CompletedProcess[str]:
        done = vwd_process(args, tmp_path, environment(**env), timeout)
        if check:
            assert done.returncode == 0, done.stderr
        return done

    return call


def vwd_process(
    args: Sequence[object], cwd: Path, env: dict[str, str], timeout: float = HANG_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Runs `vwd …` in a process of its own, and waits for it."""
    words = list(map(str, args))
    if can_fork(env):
        return run_forked(words, cwd, env, timeout)
    return subprocess.run(
        [sys.executable, "-m", "vwd", *words],
        cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


def environment(**extra: str) -> dict[str, str]:
    """This process's environment without Slurm's variables and ours but the kernel's, and with the hub switched off."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "VWD_"))}
    if "VWD_KERNEL" in os.environ:
        kept["VWD_KERNEL"] = os.environ["VWD_KERNEL"]
    return {**kept, "HF_HUB_OFFLINE": "1", **extra}


def real_rows(name: str) -> Path:
    """A file of real rows; skips the test when it is absent."""
    path = REAL_ROWS / name
    if not path.is_file():
        pytest.skip(f"no real rows on this machine: {name}")
    return path


def write_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    """Writes rows as a JSONL file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path

"""An output of many shards (tools/bench/ledger.py measures the time for 100,000)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run
from slurm.commands import Commands, queueing
from slurm.large import write_large

SHARDS = 2000
MISSING = range(500, 600)  # the shards of task 5


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large") / "shards"
    write_large(folder, SHARDS, MISSING)
    return folder


@pytest.mark.parametrize("verb", [("status",), ("slurm", "status"), ("slurm", "retry", "--dry-run")])
def test_the_missing_ones_of_many_shards_are_reported(
    run: Run, tmp_path: Path, large: Path, verb: tuple[str, ...]
) -> None:
    commands = Commands(tmp_path / "bin")
    queueing(commands)
    shown = run(*verb, large, timeout=HANG_SECONDS, **commands.variables)
    assert "1,900" in shown.stdout or "100 shards to pack again" in shown.stderr
    if verb == ("slurm", "retry", "--dry-run"):
        assert "--array=0-9%20" in shown.stdout  # 100 shards of 1,000 samples at 10,000 samples per node


def test_the_failed_task_of_a_large_output_is_identified_by_its_missing_shards(
    run: Run, tmp_path: Path, large: Path
) -> None:
    commands = Commands(tmp_path / "bin")
    queueing(commands)
    (status,) = json.loads(run("slurm", "status", large, "--json", timeout=HANG_SECONDS, **commands.variables).stdout)
    (failed,) = status["failed_tasks"]
    assert (failed["task"], failed["shards"]) == (5, list(MISSING))

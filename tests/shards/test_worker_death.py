"""A worker process that dies fails only its own shard."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run
from shards.packing import (
    MEDIUM,
    MEDIUM_ROWS,
    gsm8k,
    start,
    tar_hashes,
    temp_files,
    wait_until,
    workers_of,
    write_lamps,
)

pytest_plugins = ["shards.packed"]


def test_a_killed_worker_fails_its_shard_and_the_next_run_packs_it(
    run: Run, tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    write_lamps(tmp_path, MEDIUM_ROWS)
    command = gsm8k(size=MEDIUM, workers=2)
    folder = tmp_path / "shards" / "gsm8k"
    process = start(tmp_path, *command)
    unfinished = wait_until(process, folder, ".tmp/*.tar.*")
    assert unfinished
    tar_name, _, pid, _ = unfinished.name.rsplit(".", 3)
    os.kill(int(pid), signal.SIGKILL)
    _, stderr = process.communicate(timeout=HANG_SECONDS)
    shard = tar_name.removesuffix(".tar")
    assert process.returncode == 1
    assert f"Error: {shard}: the worker process was killed by SIGKILL" in stderr
    assert "Run the same command again" in stderr
    assert "lower --num-workers" in stderr
    assert "`" not in stderr
    assert tar_hashes(folder) == {name: hash for name, hash in undisturbed.items() if name != tar_name}
    assert temp_files(folder) == []
    done = run(*command)
    assert "1 to pack, 5 already complete, of 6 shards" in done.stderr
    assert tar_hashes(folder) == undisturbed


@pytest.mark.slow
def test_a_worker_that_dies_before_its_first_shard_fails_only_that_shard(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, MEDIUM_ROWS)
    process = start(tmp_path, *gsm8k(workers=6))
    killed: list[int] = []
    while process.poll() is None and not killed:
        for worker in workers_of(process)[:1]:
            os.kill(worker, signal.SIGKILL)
            killed.append(worker)
    _, stderr = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 1
    assert "the worker process was killed by SIGKILL" in stderr
    assert len(tar_hashes(tmp_path / "shards" / "gsm8k")) == 5
    run(*gsm8k())
    assert "6 of 6 done" in run("status").stdout

"""SIGKILL at any moment costs the shards that are being packed, and nothing else."""

from __future__ import annotations

import random
import shutil
import signal
import time
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run
from shards.packing import MEDIUM, MEDIUM_ROWS, gsm8k, send, start, tar_hashes, temp_files, wait_until, write_lamps

from vwd.shards.ledger import State, open_ledger
from vwd.shards.paths import OutputPaths

pytest_plugins = ["shards.packed"]

KILLS = 6


@pytest.mark.slow
@pytest.mark.parametrize("whole_group", [True, False], ids=["whole group", "parent alone"])
def test_a_run_killed_repeatedly_ends_with_the_bytes_of_an_uninterrupted_one(
    run: Run, tmp_path: Path, undisturbed: dict[str, str], whole_group: bool
) -> None:
    write_lamps(tmp_path, MEDIUM_ROWS)
    rng = random.Random(20 + whole_group)
    command = gsm8k(size=MEDIUM, workers=2)
    folder = tmp_path / "shards" / "gsm8k"
    kills = 0
    while kills < KILLS:
        process = start(tmp_path, *command)
        wait_until(process, folder, ".tmp/*.tar.*")
        time.sleep(rng.uniform(0.0, 0.5))
        alive = process.poll() is None
        if alive:
            send(process, signal.SIGKILL, whole_group)
            kills += 1
        process.communicate(timeout=HANG_SECONDS)
        assert_finished_shards_are_good(folder, undisturbed)
        if not alive:  # it finished before the kill: start over
            shutil.rmtree(folder)
    run(*command)
    assert tar_hashes(folder) == undisturbed
    assert temp_files(folder) == []
    assert "clean" in run("verify").stdout


def assert_finished_shards_are_good(folder: Path, undisturbed: dict[str, str]) -> None:
    """Every file under a final name is complete."""
    if (folder / "pack.json").exists():
        assert {found.state for found in open_ledger(OutputPaths(folder.parent, folder.name)).read()} <= {State.DONE}
    assert tar_hashes(folder).items() <= undisturbed.items()


def test_a_run_killed_before_its_first_shard_can_be_resumed(run: Run, tmp_path: Path, three_shards: Path) -> None:
    write_lamps(tmp_path, 18)
    folder = tmp_path / "shards" / "gsm8k"
    process = start(tmp_path, *gsm8k())
    wait_until(process, folder, "ledger")
    send(process, signal.SIGKILL, whole_group=True)
    process.communicate(timeout=HANG_SECONDS)
    run(*gsm8k())
    assert tar_hashes(folder) == tar_hashes(three_shards / "shards" / "gsm8k")

"""SIGTERM and SIGINT stop a run promptly and cleanly."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from conftest import HANG_SECONDS
from shards.packing import (
    SLOW,
    entry_file,
    gsm8k,
    send,
    start,
    tar_hashes,
    temp_files,
    vwd,
    wait_until,
    workers_of,
    write_lamps,
)

STARTS = 10


@pytest.mark.parametrize(
    "whole_group", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["whole group", "parent alone"]
)
@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow)]
)
def test_a_signal_stops_a_run_and_finished_shards_are_kept(
    tmp_path: Path, signum: signal.Signals, code: int, whole_group: bool
) -> None:
    write_lamps(tmp_path, 48)
    folder = tmp_path / "shards" / "gsm8k"
    process = start(tmp_path, *gsm8k(size=SLOW))
    wait_until(process, folder, "ledger/*.json")
    time.sleep(0.2)
    finished = tar_hashes(folder)
    send(process, signum, whole_group)
    _, stderr = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == code
    assert "same command again" in stderr
    assert len(tar_hashes(folder)) < 48 / 6, "it went on to the end"
    assert finished
    assert finished.items() <= tar_hashes(folder).items()
    assert entry_file(folder, 0).is_file()
    assert temp_files(folder) == []
    assert "0 torn" in vwd(tmp_path, "status")
    assert "Traceback" not in stderr


@pytest.mark.slow
def test_ctrl_c_while_the_workers_start_shows_no_traceback(tmp_path: Path) -> None:
    write_lamps(tmp_path, 3000)  # enough for a second or two
    for attempt in range(STARTS):
        process = start(tmp_path, *gsm8k("--out", attempt, workers=2))
        while len(workers_of(process)) < 2:
            assert process.poll() is None
            time.sleep(0.002)
        time.sleep(0.02 * attempt)
        send(process, signal.SIGINT, whole_group=True)
        _, stderr = process.communicate(timeout=HANG_SECONDS)
        assert process.returncode == 130, stderr
        assert "Traceback" not in stderr, f"attempt {attempt}: {stderr}"


@pytest.mark.parametrize(
    ("signum", "code"), [pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow), (signal.SIGINT, 130)]
)
def test_a_repeated_signal_does_not_interrupt_the_clean_up(tmp_path: Path, signum: signal.Signals, code: int) -> None:
    write_lamps(tmp_path, 48)
    folder = tmp_path / "shards" / "gsm8k"
    process = start(tmp_path, *gsm8k(size=SLOW, workers=2))
    wait_until(process, folder, ".tmp/*.tar.*")
    for _ in range(4):
        send(process, signum, whole_group=False)
        time.sleep(0.01)
    _, stderr = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == code, stderr
    assert "same command again" in stderr
    assert temp_files(folder) == []

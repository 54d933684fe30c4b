"""Tasks of a submission as processes on this machine (`--local`)."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run, write_rows
from shards.packing import lamp_rows, start, tar_hashes, wait_until

SMALL = ("--rows", "rows.jsonl", "--shard-size", 3, "--size", "160x120", "--font-size", 16)
SLOW = ("--rows", "rows.jsonl", "--shard-size", 3, "--encoder", "opencv")


@pytest.fixture(autouse=True)
def rows(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", lamp_rows(12))


def test_local_tasks_pack_the_bytes_of_a_single_run_and_export_them(run: Run, tmp_path: Path) -> None:
    run("pack", "gsm8k", *SMALL, "--out", "single", "--num-workers", 1)
    done = run("slurm", "submit", "gsm8k", *SMALL, "--local", 2, "--export", SAMPLES_PER_NODE="6", PATH="/bin:/usr/bin")
    assert "4 of 4 shards complete" in done.stderr
    assert tar_hashes(tmp_path / "shards" / "gsm8k") == tar_hashes(tmp_path / "single" / "gsm8k")
    assert len(list((tmp_path / "export" / "gsm8k" / "video").glob("*.mp4"))) == 12
    entry = json.loads((tmp_path / "shards" / "gsm8k" / "ledger" / "gsm8k-000003.json").read_bytes())
    assert entry["writer"]["vwd_slurm_task"] == "1"
    shown = run("slurm", "status").stdout
    assert shown.splitlines()[1].split()[:6] == ["gsm8k", "4", "4", "0", "0", "0"]
    assert "clean" in run("verify").stdout


@pytest.mark.slow
def test_a_failed_local_task_is_reported_and_retried(run: Run, tmp_path: Path) -> None:
    text = (tmp_path / "rows.jsonl").read_text()
    (tmp_path / "rows.jsonl").write_text(text.rsplit("{", 1)[0] + '{"broken\n')
    done = run("slurm", "submit", "gsm8k", *SMALL, "--local", 2, check=False, SAMPLES_PER_NODE="6")
    assert done.returncode == 1
    assert "pack task 1 ended with exit code 1" in done.stderr
    (status,) = json.loads(run("slurm", "status", "--json").stdout)
    (failed,) = status["failed_tasks"]
    assert (failed["job"], failed["shards"]) == ("local_1", [3])
    assert "rows.jsonl" in failed["reason"]
    refused = run("slurm", "retry", "--local", 1, check=False)
    assert refused.returncode == 1
    assert "1 shards to pack again, 0 held by live tasks" in refused.stderr


def test_a_terminated_local_run_ends_its_tasks_and_a_retry_completes_the_output(run: Run, tmp_path: Path) -> None:
    process = start(tmp_path, "slurm", "submit", "gsm8k", *SLOW, "--local", 2, SAMPLES_PER_NODE="6")
    folder = tmp_path / "shards" / "gsm8k"
    wait_until(process, folder, ".tmp/gsm8k-*.tar.*")
    (status,) = json.loads(run("slurm", "status", "--json").stdout)
    assert (status["running"] or 0) + status["done"] == 4
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 143
    time.sleep(0.2)
    assert not [path for path in folder.rglob(".tmp/*") if path.is_file()]
    (status,) = json.loads(run("slurm", "status", "--json").stdout)
    assert status["running"] == 0
    run("slurm", "retry", "--local", 2)
    assert "clean" in run("verify").stdout
    assert len(tar_hashes(folder)) == 4

"""A real cluster from end to end: submit, export, finish, status, cancel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment, real_rows
from shards.packing import tar_hashes
from slurm.cluster import ROWS, VIDEO, Output, wait_for

pytest_plugins = ["slurm.running"]
pytestmark = pytest.mark.slurm

ROOT = Path(__file__).resolve().parents[2]


def script(output: Output, *args: object, **env: str) -> str:
    """Runs `submit_jobs.sh` and returns what it prints."""
    done = subprocess.run(
        [str(ROOT / "slurm" / "submit_jobs.sh"), *map(str, args)], cwd=output.folder, capture_output=True, text=True,
        env=environment(**{**output.cluster.variables, "PYTHONPATH": str(ROOT), "VWD_PYTHON": sys.executable, **env}),
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def jobs_in(shown: str) -> dict[str, str]:
    return {line.split()[0]: line.split()[2].strip(",") for line in shown.splitlines() if " job " in line}


def test_the_script_packs_exports_and_finishes_an_output(output: Output, undisturbed: dict[str, str]) -> None:
    jobs = jobs_in(script(output, "gsm8k", "inference", "--rows", "rows.jsonl", *VIDEO))
    assert sorted(jobs) == ["export", "finish", "pack"]
    output.wait(jobs)
    assert output.hashes() == undisturbed
    exported = output.folder / "export" / "gsm8k"
    listings = sorted(exported.glob("*.jsonl"))
    assert [path.name for path in listings][:2] == [
        "gsm8k_inference_video_data_0.jsonl", "gsm8k_inference_video_data_12.jsonl",
    ]  # fmt: skip
    records = [json.loads(line) for path in listings for line in path.read_text("utf-8").splitlines()]
    assert len({record["video_path"] for record in records if Path(record["video_path"]).is_file()}) == ROWS
    assert json.loads((output.packed / "summary.json").read_bytes())["samples"] == ROWS
    assert (output.packed / "SHA256SUMS").is_file()
    logs = {path.name for path in (output.folder / "shards" / "logs").iterdir()}
    assert {f"vwd-gsm8k-0001_{jobs['pack']}_{task}.out" for task in range(4)} <= logs
    for entry in output.entries():
        writer = entry["writer"]
        assert writer["slurm_array_job_id"] == jobs["pack"]
        assert writer["slurmd_nodename"] in {"n1", "n2", "n3", "n4"}
        assert writer["slurm_array_task_id"] == writer["vwd_slurm_task"]
    status = output.status()
    assert (status["done"], status["failed"], status["seconds_left"]) == (8, 0, 0)
    assert "8 of 8 shards complete" in next((output.folder / "shards" / "logs").glob("*finish*")).read_text()


@pytest.mark.slow
def test_a_failed_task_is_not_exported_and_the_output_is_finished_anyway(output: Output) -> None:
    (output.folder / "rows.jsonl").write_text("".join(
        line + "\n" for line in [*(output.folder / "rows.jsonl").read_text().splitlines()[:-1], '{"question": 1'])
    )  # fmt: skip
    jobs = output.submit("--export")
    output.wait(jobs)
    status = output.status()
    (failed,) = status["failed_tasks"]
    assert (failed["task"], failed["shards"], failed["exit_code"]) == (3, [7], "1:0")
    assert "rows.jsonl" in failed["reason"]
    log = next((output.folder / "shards" / "logs").glob("*finish*")).read_text()
    assert "7 of 8 shards complete" in log
    assert "missing: shards 7" in log
    exports = {path.name.rsplit("_", 1)[-1] for path in (output.folder / "shards" / "logs").glob("*export*")}
    assert exports == {"0.out", "1.out", "2.out"}


@pytest.mark.slow
def test_status_on_a_cluster_without_accounting_asks_the_controller(output: Output, tmp_path: Path) -> None:
    jobs = output.submit()
    output.freeze_task(1)
    output.cluster.call("scancel", f"{jobs['pack']}_1")
    output.wait(jobs)
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sacct").write_text("#!/bin/sh\necho 'Slurm accounting storage is disabled' >&2\nexit 1\n")
    (hidden / "sacct").chmod(0o755)
    path = f"{hidden}:{output.cluster.variables['PATH']}"
    for status in (output.status(), output.status(PATH=path)):
        (failed,) = status["failed_tasks"]
        assert (failed["task"], failed["state"]) == (1, "CANCELLED")
        assert failed["node"].startswith("n")


@pytest.mark.slow
def test_cancel_ends_the_jobs_of_this_output_and_of_no_other(output: Output, tmp_path: Path) -> None:
    other = Output(output.cluster, tmp_path / "other")
    other.folder.mkdir()
    (other.folder / "rows.jsonl").write_bytes((output.folder / "rows.jsonl").read_bytes())
    line = ("--shard-size", 24)  # one task
    jobs, others = output.submit(*line), other.submit(*line)
    output.freeze_task(0)
    other.freeze_task(0)
    assert jobs["pack"] in output.vwd("slurm", "cancel").stdout
    wait_for(
        lambda: {task.partition("_")[0] for task in output.cluster.queue()} == set(others.values()), "the jobs to end"
    )
    assert other.status()["running"] == 1
    other.vwd("slurm", "cancel")


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("VWD_ALL_GSM8K"), reason="takes minutes; set VWD_ALL_GSM8K=1")
def test_all_of_gsm8k_is_packed_although_a_node_crashes(output: Output, tmp_path: Path) -> None:
    rows = real_rows("gsm8k_train.jsonl")
    jobs = jobs_in(script(output, "gsm8k", "--rows", rows, CPUS_PER_NODE="2", SAMPLES_PER_NODE="500", TIME_LIMIT="60"))
    wait_for(lambda: list(output.packed.glob("*.tar")), "the first shard", 600)
    output.cluster.control("crash", "n2")
    try:
        output.wait(jobs, 1800)
    finally:
        output.cluster.control("boot", "n2")
    single = tmp_path / "single"
    output.vwd("pack", "gsm8k", "--rows", rows, "--out", single)
    assert output.hashes() == tar_hashes(single / "gsm8k")
    assert "clean" in output.vwd("verify").stdout

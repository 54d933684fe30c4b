"""Faults on a real cluster: each ends with the bytes of an undisturbed run, and nothing is lost or duplicated."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from slurm.cluster import ROWS, ROWS_A_TASK, SHARD_SIZE, VIDEO, Output, wait_for, workers_of

pytest_plugins = ["slurm.running"]
pytestmark = pytest.mark.slurm

SHARDS_A_TASK = ROWS_A_TASK // SHARD_SIZE


def assert_complete(output: Output, undisturbed: dict[str, str]) -> None:
    """Every shard exists once, with the bytes of the undisturbed run, and the output is clean."""
    assert output.hashes() == undisturbed
    entries = output.entries()
    assert [entry["number"] for entry in entries] == list(range(len(undisturbed)))
    assert sum(entry["samples"] for entry in entries) == ROWS
    assert "clean" in output.vwd("verify").stdout


def retry(output: Output, shards: int) -> dict[str, str]:
    """Retries, which must submit this many shards. Returns the ids of the jobs by role."""
    done = output.vwd("slurm", "retry")
    assert f"{shards} shards to pack again" in done.stderr
    words = [line.split() for line in done.stdout.splitlines() if " job " in line]
    return {line[0]: line[2].strip(",") for line in words}


@pytest.mark.slow
def test_a_killed_task_fails_alone_and_a_retry_packs_what_it_left_unfinished(
    output: Output, undisturbed: dict[str, str]
) -> None:
    jobs = output.submit()
    os.kill(output.freeze_task(1), signal.SIGKILL)
    output.wait(jobs)
    status = output.status()
    (failed,) = status["failed_tasks"]
    assert (failed["task"], failed["job"], failed["state"]) == (1, f"{jobs['pack']}_1", "FAILED")
    assert failed["reason"] == "killed by SIGKILL"
    assert status["failed"] == len(failed["shards"]) > 0
    assert Path(failed["show_log"].split()[-1]).is_file()
    output.wait(retry(output, status["failed"]))
    assert_complete(output, undisturbed)


@pytest.mark.slow
def test_a_requeued_task_resumes_where_it_stopped(output: Output, undisturbed: dict[str, str]) -> None:
    jobs = output.submit()
    output.freeze_task(2)
    output.cluster.call("scontrol", "requeue", f"{jobs['pack']}_2")
    output.wait(jobs)
    assert_complete(output, undisturbed)
    again = [entry for entry in output.entries() if entry["writer"].get("slurm_restart_count") == "1"]
    assert {entry["writer"]["vwd_slurm_task"] for entry in again} == {"2"}


@pytest.mark.slow
def test_another_node_takes_over_from_a_crashed_one(output: Output, undisturbed: dict[str, str]) -> None:
    jobs = output.submit()
    output.freeze_task(0)
    (node,) = output.cluster.call("squeue", "-h", "-r", "-j", f"{jobs['pack']}_0", "-o", "%N").split()
    output.cluster.control("crash", node)
    try:
        output.wait(jobs)
        assert_complete(output, undisturbed)
        nodes = [e["writer"]["slurmd_nodename"] for e in output.entries() if e["writer"]["vwd_slurm_task"] == "0"]
        assert nodes[-1] != node
    finally:
        output.cluster.control("boot", node)


@pytest.mark.slow
def test_a_task_at_its_time_limit_ends_cleanly_and_a_retry_completes_the_output(
    output: Output, undisturbed: dict[str, str]
) -> None:
    jobs = output.submit(TIME_LIMIT="2")
    output.freeze_task(3)
    output.wait(jobs)
    (failed,) = output.status()["failed_tasks"]
    assert failed["task"] == 3
    assert failed["exit_code"] in {"143:0", "15:0"}  # from the controller, or from sacct
    assert "SIGTERM" in failed["reason"]
    assert not [path for path in output.packed.rglob(".tmp/*") if path.is_file()]
    output.wait(retry(output, len(failed["shards"])))
    assert_complete(output, undisturbed)


@pytest.mark.slow
def test_two_arrays_for_the_same_output_pack_every_shard_once(output: Output, undisturbed: dict[str, str]) -> None:
    jobs = output.submit()
    second = output.submit(SAMPLES_PER_NODE="9")
    assert len({*jobs.values(), *second.values()}) == len(jobs) + len(second)
    output.wait({**{f"first {role}": job for role, job in jobs.items()}, **second})
    assert_complete(output, undisturbed)
    assert output.status()["done"] == len(undisturbed)


@pytest.mark.slow
def test_tasks_keep_running_while_the_controller_restarts(output: Output, undisturbed: dict[str, str]) -> None:
    jobs = output.submit()
    for worker in workers_of(output.freeze_task(1)):
        output.cluster.control("restart")
        os.kill(worker, signal.SIGCONT)
    output.wait(jobs)
    assert_complete(output, undisturbed)
    assert {entry["writer"].get("slurm_restart_count", "0") for entry in output.entries()} == {"0"}


@pytest.mark.slow
def test_a_task_on_a_full_disk_fails_and_a_retry_with_free_space_succeeds(
    output: Output, undisturbed: dict[str, str]
) -> None:
    disk = output.folder / "shards"
    disk.mkdir()
    size = "size=2m"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "vwd-test", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here: that requires root and the right to mount")
    try:
        jobs = output.submit()
        output.wait(jobs)
        failed = output.status()["failed_tasks"]
        assert failed
        assert all("No space left on device" in task["reason"] for task in failed)
        assert output.hashes().items() < undisturbed.items()
        subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
        output.wait(retry(output, sum(len(task["shards"]) for task in failed)))
        assert_complete(output, undisturbed)
    finally:
        wait_for(lambda: not output.processes(), "the tasks to end")
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.slow
def test_a_retry_submits_exactly_the_shards_of_the_failed_tasks(output: Output, undisturbed: dict[str, str]) -> None:
    jobs = output.submit()
    for process in output.freeze_tasks(0, 3).values():
        os.kill(process, signal.SIGKILL)
    output.wait(jobs)
    lost = sorted(number for task in output.status()["failed_tasks"] for number in task["shards"])
    assert {number // SHARDS_A_TASK for number in lost} == {0, 3}
    finished = {entry["number"]: entry["finished"] for entry in output.entries()}
    output.wait(retry(output, len(lost)))
    assert_complete(output, undisturbed)
    again = {entry["number"] for entry in output.entries() if entry["writer"]["vwd_slurm_submission"] == "2"}
    assert again == set(lost)
    assert all(finished.get(e["number"], e["finished"]) == e["finished"] for e in output.entries())


@pytest.mark.slow
def test_a_retry_leaves_the_shards_of_live_tasks_alone(output: Output, undisturbed: dict[str, str]) -> None:
    jobs = output.submit()
    frozen = output.freeze_tasks(1, 2)
    os.kill(frozen[1], signal.SIGKILL)
    wait_for(lambda: output.status()["live_tasks"] == 1, "the other tasks to end")
    before = output.status()
    assert before["running"] > 0
    second = retry(output, before["failed"])
    for worker in workers_of(frozen[2]):
        os.kill(worker, signal.SIGCONT)
    output.wait({**second, **{f"first {role}": job for role, job in jobs.items()}})
    assert_complete(output, undisturbed)
    again = {e["writer"]["vwd_slurm_task"] for e in output.entries() if e["writer"]["vwd_slurm_submission"] == "1"}
    assert "2" in again


@pytest.mark.slow
def test_twenty_tasks_are_split_into_arrays_where_a_cluster_allows_eight_per_array(output: Output) -> None:
    jobs = output.submit("--num-samples", 20, "--shard-size", 1, SAMPLES_PER_NODE="1")
    assert sorted(jobs) == ["finish", "pack", "pack 16", "pack 8"]
    output.wait(jobs)
    entries = output.entries()
    assert [entry["number"] for entry in entries] == list(range(20))
    assert [entry["writer"]["vwd_slurm_task"] for entry in entries] == [str(task) for task in range(20)]
    assert {entry["writer"]["slurm_array_task_id"] for entry in entries} == {str(index) for index in range(8)}
    assert "clean" in output.vwd("verify").stdout


def test_an_unknown_partition_is_reported_in_two_lines_and_leaves_nothing_behind(output: Output) -> None:
    line = ("slurm", "submit", "gsm8k", "--rows", "rows.jsonl", *VIDEO)
    done = output.vwd(*line, check=False, PARTITION="nowhere")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Error: sbatch refused: Invalid partition name specified",
        "PARTITION is 'nowhere': 'sinfo -s' lists the existing ones.",
    ]
    assert not (output.folder / "shards").exists()

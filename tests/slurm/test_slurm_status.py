"""The ledger joined with the queue. squeue, sacct and scontrol are replaced by small programs, or missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, write_rows
from shards.packing import assert_two_lines, entry_file, lamp_rows
from slurm.commands import Commands, queueing

from vwd.errors import SlurmError
from vwd.slurm import commands as slurm_commands

SHARDS = 8


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    created = Commands(tmp_path / "bin")
    queueing(created)
    return created


@pytest.fixture
def folder(run: Run, tmp_path: Path, commands: Commands) -> Path:
    """A dataset's folder with four tasks of two shards submitted as job 101, of which task 0 has succeeded."""
    write_rows(tmp_path / "rows.jsonl", lamp_rows(24))
    small = ("--rows", "rows.jsonl", "--shard-size", 3, "--size", "160x120", "--font-size", 16)
    run("slurm", "submit", "gsm8k", *small, **commands.variables, SAMPLES_PER_NODE="6")
    run("pack", "gsm8k", *small, "--num-workers", 1, "--task", 0, "--num-tasks", 4)
    return tmp_path / "shards" / "gsm8k"


def comment(folder: Path, role: str = "pack") -> str:
    return f"vwd:1:{role}:0:{folder}"


def live(commands: Commands, *rows: str) -> None:
    """Lets squeue list these jobs."""
    lines = "\n".join(rows)
    commands.add("squeue", f"cat <<'EOF'\n{lines}\nEOF")


def read_status(run: Run, commands: Commands, **env: str) -> dict[str, Any]:
    (one,) = json.loads(run("slurm", "status", "--json", **{**commands.variables, **env}).stdout)
    return dict(one)


def test_shards_are_done_running_pending_or_failed(run: Run, folder: Path, commands: Commands) -> None:
    live(
        commands,
        f"101|1|RUNNING|None|n1|vwd-gsm8k-0001|{comment(folder)}",
        f"101|2|PENDING|Resources||vwd-gsm8k-0001|{comment(folder)}",
        f"102|N/A|PENDING|Dependency||vwd-gsm8k-0001-finish|{comment(folder, 'finish')}",
        "101|3|RUNNING|None|n1|vwd-gsm8k-0001|vwd:1:pack:0:/elsewhere/gsm8k",
    )
    commands.add("sacct", "echo '101_3|OUT_OF_MEMORY|0:125|n4'")
    log = folder.parent / "logs" / "vwd-gsm8k-0001_101_3.out"
    log.write_text("…")
    status = read_status(run, commands)
    assert [status[name] for name in ("shards", "done", "running", "pending", "failed")] == [8, 2, 2, 2, 2]
    assert status["waiting"] == {"Resources": 1}
    (failed,) = status["failed_tasks"]
    assert (failed["task"], failed["job"], failed["shards"]) == (3, "101_3", [6, 7])
    assert (failed["state"], failed["exit_code"], failed["node"]) == ("OUT_OF_MEMORY", "0:125", "n4")
    assert failed["reason"] == "out of memory"
    assert failed["show_log"] == f"tail -n 50 {log}"
    shown = run("slurm", "status", **commands.variables).stdout
    assert shown.splitlines()[1].split()[:6] == ["gsm8k", "8", "2", "2", "2", "2"]
    assert "tasks are pending for Resources (1)" in shown
    assert "OUT_OF_MEMORY, exit code 0:125: out of memory; shards 6-7" in shown
    assert f"  tail -n 50 {log}" in shown


def test_the_last_error_in_the_log_is_the_reason_and_the_controller_replaces_a_missing_sacct(
    run: Run, folder: Path, commands: Commands
) -> None:
    commands.add("scontrol", "echo 'JobId=104 ArrayJobId=101 ArrayTaskId=1 JobState=FAILED ExitCode=1:0 NodeList=n2'")
    log = folder.parent / "logs" / "vwd-gsm8k-0001_101_1.out"
    log.write_text(
        "gsm8k: 2 to pack, 0 already complete, of 2 shards\n"
        "Error: cannot write: No space left on device\nFree some space.\n"
    )
    first = read_status(run, commands)["failed_tasks"][0]
    assert (first["task"], first["state"], first["exit_code"], first["node"]) == (1, "FAILED", "1:0", "n2")
    assert first["reason"] == "cannot write: No space left on device"


@pytest.mark.parametrize("installed", [True, False])
def test_without_an_answer_from_squeue_only_the_ledger_is_reported(
    run: Run, folder: Path, commands: Commands, installed: bool
) -> None:
    (commands.folder / "squeue").unlink()
    if installed:
        commands.add("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1")
    status = read_status(run, commands)
    assert (status["done"], status["running"], status["failed"]) == (2, None, None)
    assert "squeue" in status["note"]
    refused = run("slurm", "retry", check=False, **commands.variables)
    assert_two_lines(refused)
    assert "squeue" in refused.stderr


def test_an_unresponsive_controller_is_an_error_after_a_timeout(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands.add("squeue", "exec sleep 100")
    monkeypatch.setenv("PATH", commands.variables["PATH"])
    monkeypatch.setattr(slurm_commands, "_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(SlurmError, match="squeue did not answer"):
        slurm_commands.queued_jobs(["vwd-gsm8k-0001"])


def test_a_job_comment_replaced_by_the_cluster_does_not_hide_a_live_task(
    run: Run, folder: Path, commands: Commands
) -> None:
    live(commands, "101|1|RUNNING|None|n1|vwd-gsm8k-0001|charged to physics",
         "777|2|RUNNING|None|n1|vwd-gsm8k-0001|charged to physics")  # fmt: skip
    status = read_status(run, commands)
    assert (status["running"], status["failed"]) == (2, 4)


def test_a_retry_submits_missing_and_torn_shards_that_no_live_task_holds(
    run: Run, folder: Path, commands: Commands
) -> None:
    live(commands, f"101|2|PENDING|Resources||vwd-gsm8k-0001|{comment(folder)}")
    (folder / "gsm8k-000001.tar").write_bytes(b"")
    (folder / "vwd.toml").write_text("")
    done = run("slurm", "retry", **{**commands.variables, "PARTITION": "", "TIME_LIMIT": "20"})
    assert "5 shards to pack again, 2 held by live tasks" in done.stderr
    assert (folder / "slurm" / "0002.shards").read_text() == "1-3,6-7\n"
    frozen = json.loads((folder / "slurm" / "0002.json").read_bytes())
    assert frozen["num_tasks"] == 3
    assert frozen["settings"]["partition"] == "main"  # from the earlier submission
    assert frozen["settings"]["time_limit"] == "20"  # from the environment
    run("slurm", "task", folder / "slurm" / "0002.json", "pack", SLURM_ARRAY_TASK_ID="0")
    assert sorted(path.stem[-1] for path in folder.glob("*.tar")) == ["0", "1"]
    assert (folder / "gsm8k-000001.tar").stat().st_size > 0
    writer = json.loads(entry_file(folder, 1).read_bytes())["writer"]
    assert (writer["vwd_slurm_submission"], writer["vwd_slurm_task"]) == ("2", "0")


def test_nothing_is_submitted_when_nothing_is_missing(run: Run, folder: Path, commands: Commands) -> None:
    before = len(commands.calls("sbatch"))
    live(commands, *(f"101|{task}|RUNNING|None|n1|vwd-gsm8k-0001|{comment(folder)}" for task in (1, 2, 3)))
    done = run("slurm", "retry", **commands.variables)
    assert "0 shards to pack again, 6 held by live tasks" in done.stderr
    assert len(commands.calls("sbatch")) == before


def test_cancel_ends_only_this_output_s_jobs_and_dependent_jobs_first(
    run: Run, folder: Path, commands: Commands
) -> None:
    live(
        commands,
        f"101|1|RUNNING|None|n1|vwd-gsm8k-0001|{comment(folder)}",
        f"101|2|PENDING|Resources||vwd-gsm8k-0001|{comment(folder)}",
        f"102|N/A|PENDING|Dependency||vwd-gsm8k-0001-finish|{comment(folder, 'finish')}",
        "500|1|RUNNING|None|n1|vwd-gsm8k-0001|vwd:1:pack:0:/elsewhere/gsm8k",
    )
    assert "cancelled 102, 101" in run("slurm", "cancel", **commands.variables).stdout
    assert commands.calls("scancel") == ["102 101 "]


def test_watch_ends_when_nothing_is_left_to_run(run: Run, folder: Path, commands: Commands) -> None:
    calls = commands.folder / "squeue.log"
    calls.unlink(missing_ok=True)
    row = f"101|1|RUNNING|None|n1|vwd-gsm8k-0001|{comment(folder)}"
    commands.add("squeue", f"[ $(wc -l <{calls}) -gt 1 ] || echo '{row}'")
    shown = run("slurm", "status", "--watch", "--interval", "0.1", **commands.variables).stdout
    assert shown.count("samples/s") == 2


@pytest.mark.slow
def test_finish_writes_sidecars_and_summary_and_lists_what_is_missing(
    run: Run, folder: Path, commands: Commands
) -> None:
    done = run("slurm", "finish", folder, check=False)
    assert done.returncode == 1
    assert "2 of 8 shards complete" in done.stdout
    assert "missing: shards 2-7" in done.stdout
    assert "vwd slurm retry" in done.stdout
    run("slurm", "retry", "--local", 2, **commands.variables)
    (folder / "summary.json").unlink()
    (folder / "SHA256SUMS").unlink()
    assert "8 of 8 shards complete" in run("slurm", "finish", folder).stdout
    assert json.loads((folder / "summary.json").read_bytes())["samples"] == 24
    assert len((folder / "SHA256SUMS").read_text().splitlines()) == SHARDS

"""What `vwd slurm submit` passes to sbatch, and what the two scripts do. sbatch is replaced by a small program."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run, environment, write_rows
from shards.packing import assert_two_lines, lamp_rows
from slurm.commands import SETTINGS, Commands, queueing

SCRIPTS = Path(__file__).resolve().parents[2] / "slurm"


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    write_rows(tmp_path / "rows.jsonl", lamp_rows(24))
    created = Commands(tmp_path / "bin")
    queueing(created)
    return created


def script(cwd: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    root = str(SCRIPTS.parent)
    return subprocess.run(
        [str(SCRIPTS / "submit_jobs.sh"), *args], cwd=cwd, capture_output=True, text=True, check=False,
        timeout=HANG_SECONDS,
        env=environment(**{"VWD_PYTHON": sys.executable, "PYTHONPATH": root, **env}),
    )  # fmt: skip


def options(line: str) -> dict[str, str]:
    """The options of an sbatch line."""
    words = [word for word in shlex.split(line) if word.startswith("--") and "=" in word]
    return dict(word[2:].split("=", 1) for word in words)


def test_the_script_s_dry_run_prints_the_array_of_belle_and_writes_nothing(tmp_path: Path) -> None:
    done = script(tmp_path, "--dry-run", "belle_school_math")
    assert done.returncode == 0, done.stderr
    pack, finish = done.stdout.splitlines()
    queued = options(pack)
    assert queued["array"] == "0-24%20"
    assert (queued["partition"], queued["time"], queued["cpus-per-task"]) == ("cpu", "48:00:00", "120")
    assert queued["output"] == f"{tmp_path}/shards/logs/%x_%A_%a.out"
    assert queued["signal"] == "B:TERM@120"
    assert queued["chdir"] == str(tmp_path)
    assert "--requeue" in pack
    assert str(SCRIPTS / "slurm_job.sh") in pack
    assert options(finish)["dependency"] == "afterany:<pack-0>"
    assert list(tmp_path.iterdir()) == []


def test_with_a_task_name_an_export_follows_each_array_task(tmp_path: Path) -> None:
    done = script(tmp_path, "gsm8k", "rendering", "--dry-run", BASE_DIR=str(tmp_path / "scratch"))
    pack, export, finish = (options(line) for line in done.stdout.splitlines())
    assert export["array"] == pack["array"] == "0-0%20"
    assert export["dependency"] == "aftercorr:<pack-0>"
    assert finish["dependency"] == "afterany:<pack-0>:<export-0>"
    assert pack["output"].startswith(f"{tmp_path}/scratch/shards/logs/")


def test_without_a_dataset_the_script_submits_all_of_them(tmp_path: Path) -> None:
    done = script(tmp_path, "--dry-run", "--num-samples", "2000")
    assert done.returncode == 0, done.stderr
    assert [options(line)["job-name"] for line in done.stdout.splitlines()][::2] == [
        f"vwd-{name}-0001" for name in (
            "gsm8k", "openmath2_gsm8k", "belle_school_math", "gsm8k_chinese", "tinystories", "tinystories_chinese",
        )
    ]  # fmt: skip


def test_the_frozen_submission_and_its_job_records_are_what_was_queued(
    run: Run, tmp_path: Path, commands: Commands
) -> None:
    line = ("slurm", "submit", "gsm8k", "--rows", "rows.jsonl", "--shard-size", 6, "--quality", 5, "--export")
    run(*line, **commands.variables, SAMPLES_PER_NODE="12", QOS="fast", ACCOUNT="physics", EXTRA_SBATCH="--mem='4 G'")
    folder = tmp_path / "shards" / "gsm8k" / "slurm"
    assert sorted(path.name for path in folder.iterdir()) == [
        "0001.export.0.json", "0001.finish.0.json", "0001.json", "0001.pack.0.json",
    ]  # fmt: skip
    frozen = json.loads((folder / "0001.json").read_bytes())
    assert frozen["pack"] == ["--shard-size", "6", "--rows", str(tmp_path / "rows.jsonl"), "--quality", "5"]
    assert (frozen["num_tasks"], frozen["work"]["rows"], frozen["python"]) == (2, 24, sys.executable)
    assert json.loads((folder / "0001.export.0.json").read_bytes())["job"] == "102"
    pack, export, finish = commands.calls("sbatch")
    assert (options(pack)["qos"], options(pack)["account"]) == ("fast", "physics")
    assert "--mem=4\\ G" in pack
    assert options(export)["dependency"] == "aftercorr:101"
    assert options(finish)["dependency"] == "afterany:101:102"
    before = (folder / "0001.json").read_bytes()
    run(*line, **commands.variables)
    assert (folder / "0001.json").read_bytes() == before
    assert (folder / "0002.json").is_file()


def test_the_job_script_becomes_vwd_in_the_given_environment(tmp_path: Path) -> None:
    conda = tmp_path / "conda"
    conda.write_text("#!/bin/bash\necho 'conda() { export ACTIVE=$2; }'\n")
    conda.chmod(0o755)
    python = tmp_path / "python"
    python.write_text('#!/bin/bash\necho "$PPID $ACTIVE $*"\n')
    python.chmod(0o755)
    process = subprocess.Popen(
        [str(SCRIPTS / "slurm_job.sh"), "pack", "a b"], stdout=subprocess.PIPE, text=True,
        env=environment(CONDA_EXE=str(conda), CONDA_ENV="vwd", VWD_PYTHON=str(python)),
    )  # fmt: skip
    out, _ = process.communicate(timeout=HANG_SECONDS)
    assert out == f"{os.getpid()} vwd -m vwd pack a b\n"  # its parent is this process: there is no shell in between


def test_the_job_script_is_also_in_the_package() -> None:
    from vwd.slurm.sbatch import default_job_script

    assert default_job_script().read_bytes() == (SCRIPTS / "slurm_job.sh").read_bytes()


def test_without_sbatch_the_error_has_two_lines_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    refused = run("slurm", "submit", "gsm8k", "--rows", "builtin", check=False, PATH="/nowhere", **SETTINGS)
    assert_two_lines(refused)
    assert "--local" in refused.stderr
    assert not (tmp_path / "shards").exists()


def test_a_refusal_is_reported_with_its_reason_and_leaves_nothing_behind(
    run: Run, tmp_path: Path, commands: Commands
) -> None:
    message = (
        "Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time)"
    )
    commands.add("sbatch", f"echo {shlex.quote(f'sbatch: error: {message}')} >&2; exit 1")
    refused = run("slurm", "submit", "gsm8k", "--rows", "rows.jsonl", check=False, **commands.variables)
    assert_two_lines(refused)
    assert "Job violates accounting/QOS policy" in refused.stderr.splitlines()[0]
    assert "QOS" in refused.stderr.splitlines()[1]
    assert not (tmp_path / "shards").exists()


def test_a_refusal_after_the_first_array_cancels_what_was_queued(run: Run, tmp_path: Path, commands: Commands) -> None:
    commands.add("sbatch", f"[ $(wc -l <{commands.folder}/sbatch.log) = 1 ] && echo 77 || exit 1")
    refused = run("slurm", "submit", "gsm8k", "--rows", "rows.jsonl", check=False, **commands.variables)
    assert_two_lines(refused)
    assert commands.calls("scancel") == ["77 "]


def test_a_submitting_job_does_not_pass_its_own_size_on(run: Run, commands: Commands) -> None:
    commands.add("sbatch", f"env >>{commands.folder}/env; echo 5")
    inside = {"SLURM_JOB_ID": "9", "SLURM_CPUS_PER_TASK": "64", "SLURM_MEM_PER_NODE": "1", "SLURM_CONF": "/etc/s"}
    run("slurm", "submit", "gsm8k", "--rows", "rows.jsonl", **commands.variables, **inside)
    passed = (commands.folder / "env").read_text()
    assert "SLURM_CONF=/etc/s" in passed
    assert not [name for name in ("SLURM_JOB_ID", "SLURM_CPUS_PER_TASK", "SLURM_MEM") if f"{name}" in passed]


@pytest.mark.parametrize("option", [("--task", "1"), ("--num-tasks", "2"), ("--shards", "3")])
def test_options_that_slurm_sets_for_each_task_are_refused(run: Run, option: tuple[str, str]) -> None:
    refused = run("slurm", "submit", "gsm8k", "--dry-run", *option, check=False)
    assert_two_lines(refused, code=2)
    assert option[0] in refused.stderr


def test_an_option_unknown_to_vwd_pack_is_refused_before_anything_is_queued(run: Run, commands: Commands) -> None:
    refused = run("slurm", "submit", "gsm8k", "--shard-sise", 5, check=False, **commands.variables)
    assert refused.returncode == 2
    assert "--shard-sise" in refused.stderr
    assert commands.calls("sbatch") == []


def test_a_folder_without_a_submission_is_an_error_that_says_so(run: Run) -> None:
    for verb in ("status", "retry", "cancel"):
        refused = run("slurm", verb, check=False)
        assert_two_lines(refused)
        assert "vwd slurm submit" in refused.stderr

"""What a cluster takes: times, sizes of arrays, jobs in the queue. Slurm's commands are small programs here."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, write_rows
from shards.packing import assert_two_lines, lamp_rows
from slurm.commands import Commands, queueing

from vwd.errors import SlurmError
from vwd.slurm.limits import ClusterLimits, cluster_limits
from vwd.slurm.settings import SlurmSettings
from vwd.slurm.times import limit_seconds

SUBMIT = ("slurm", "submit", "gsm8k", "--rows", "rows.jsonl", "--shard-size", 1)
POLICY = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """A Slurm that takes arrays of 1,001 tasks and has no accounting."""
    write_rows(tmp_path / "rows.jsonl", lamp_rows(24))
    made = Commands(tmp_path / "bin")
    queueing(made)
    monkeypatch.setenv("PATH", made.variables["PATH"])
    return made


def configure(commands: Commands, partition: str = "", **values: str) -> None:
    """What `scontrol show config` and `show partition` answer."""
    lines = "\n".join(f"{name:24}= {value}" for name, value in values.items())
    commands.add("scontrol", f'case "$*" in *config) echo {shlex.quote(lines)};; *partition*) echo {partition!r};; '
                             "*) exit 1;; esac")  # fmt: skip


def account(commands: Commands, qos: str = "", assoc: str = "") -> None:
    """What sacctmgr answers; the columns are those that it is asked for."""
    answers = [f'*"show {table}"*) printf {shlex.quote(text)};;' for table, text in (("qos", qos), ("assoc", assoc))]
    commands.add("sacctmgr", f'case "$*" in {" ".join(answers)} esac')


def arrays(commands: Commands) -> list[str]:
    """The `--array` of every call of sbatch."""
    return re.findall(r"--array=(\S+)", "\n".join(commands.calls("sbatch")))


@pytest.mark.parametrize(
    ("parameters", "size", "largest"),
    [
        ("bf_continue,max_array_tasks=8", "1001", 8),
        ("max_array_tasks=8", "5", 5),
        ("max_array_tasks=500,bf_continue", "9", 9),
        ("(null)", "7", 7),
        ("bf_max_array_tasks=3", "10", 10),
    ],
)
def test_no_array_is_larger_than_the_cluster_takes(
    run: Run, tmp_path: Path, commands: Commands, parameters: str, size: str, largest: int
) -> None:
    configure(commands, MaxArraySize=size, SchedulerParameters=parameters)
    run(*SUBMIT, **commands.variables, SAMPLES_PER_NODE="1")
    sizes = [int(array.partition("%")[0].partition("-")[2]) + 1 for array in arrays(commands)]
    assert sum(sizes) == 24
    assert max(sizes) == largest
    frozen = json.loads((tmp_path / "shards/gsm8k/slurm/0001.json").read_bytes())
    assert frozen["num_tasks"] == 24


@pytest.mark.parametrize(
    ("qos", "assoc", "partition", "jobs", "by"),
    [
        ("normal|||\\ntiny|9||\\n", "", "", 9, "MaxSubmitJobsPerUser of QOS tiny"),
        ("tiny|||9\\n", "", "", 9, "GrpSubmitJobs of QOS tiny"),
        ("tiny||7|9\\n", "", "", 7, "MaxSubmitJobsPerAccount of QOS tiny"),
        ("tiny|||\\n", "physics|||9|\\n", "", 9, "MaxSubmitJobs of your account"),
        ("tiny|||\\n", "physics|||9|\\nbiology|||30|\\n", "", 30, "MaxSubmitJobs of your account"),
        ("tiny|||\\n", "physics|||9|\\nbiology||||\\n", "", None, ""),
        ("tiny|40||\\n", "physics|||9|\\n", "", 40, "QOS tiny"),  # a QOS comes before the association
        ("tiny|40||\\npart|6||\\n", "", "PartitionName=main QoS=part", 6, "QOS part"),  # and a partition's before both
        ("other|3||\\n", "elsewhere|gpu||3|\\n", "PartitionName=main QoS=N/A", None, ""),
        ("tiny|²||\\nnonsense\\n\\377\\n", "|||||||\\n", "QoS", None, ""),
    ],
)
def test_the_queue_s_limit_is_that_of_qos_and_association(
    commands: Commands, qos: str, assoc: str, partition: str, jobs: int | None, by: str
) -> None:
    configure(commands, partition, MaxArraySize="1001", AccountingStorageEnforce="associations,limits,qos")
    account(commands, qos, assoc)
    limits = cluster_limits(SlurmSettings(partition="main", qos="tiny"))
    assert limits.jobs == jobs
    assert by in limits.jobs_by


def test_limits_that_the_cluster_does_not_enforce_are_none(commands: Commands) -> None:
    configure(commands, MaxArraySize="1001", AccountingStorageEnforce="none")
    account(commands, "normal|3||\\n")
    assert cluster_limits(SlurmSettings()).jobs is None
    assert commands.calls("sacctmgr") == []


def test_the_default_qos_of_the_user_counts(commands: Commands) -> None:
    configure(commands, MaxArraySize="1001")
    account(commands, "normal|||\\nlong|5||\\n", "physics||long||\\n")
    assert cluster_limits(SlurmSettings()).jobs == 5


@pytest.mark.parametrize(("export", "tasks"), [((), 8), (("--export",), 4)])
def test_a_submission_has_fewer_tasks_where_fewer_jobs_may_be_queued_and_says_so(
    run: Run, tmp_path: Path, commands: Commands, export: tuple[str, ...], tasks: int
) -> None:
    configure(commands, MaxArraySize="1001")
    account(commands, "tiny|9||\\n")
    done = run(*SUBMIT, *export, **commands.variables, SAMPLES_PER_NODE="1", QOS="tiny")
    assert arrays(commands) == [f"0-{tasks - 1}%20"] * (1 + len(export))
    assert f"{tasks} tasks in place of 24" in done.stderr
    assert "MaxSubmitJobsPerUser of QOS tiny allows 9 jobs" in done.stderr
    frozen = json.loads((tmp_path / "shards/gsm8k/slurm/0001.json").read_bytes())
    assert frozen["num_tasks"] == tasks
    planned = run("slurm", "plan", *SUBMIT[2:], **commands.variables, SAMPLES_PER_NODE="1", QOS="tiny").stdout
    assert "8 tasks in place of 24" in planned


def test_a_full_cluster_s_job_count_is_a_limit_too(commands: Commands) -> None:
    configure(commands, MaxArraySize="1001", MaxJobCount="10")
    assert cluster_limits(SlurmSettings()).tasks(24, export=False) == 8


def test_several_corpora_share_the_queue() -> None:
    assert ClusterLimits(jobs=12).shared_by(6).tasks(5, export=False) == 1


def test_a_queue_without_room_for_a_task_and_the_end_is_refused_by_name(
    run: Run, tmp_path: Path, commands: Commands
) -> None:
    configure(commands, MaxArraySize="1001")
    account(commands, "tiny|1||\\n")
    refused = run(*SUBMIT, check=False, **commands.variables, QOS="tiny")
    assert_two_lines(refused)
    assert "MaxSubmitJobsPerUser of QOS tiny" in refused.stderr
    assert "--local N" in refused.stderr
    assert not (tmp_path / "shards").exists()


def test_a_cluster_without_arrays_is_refused_by_name(run: Run, commands: Commands) -> None:
    configure(commands, MaxArraySize="0")
    refused = run(*SUBMIT, check=False, **commands.variables)
    assert_two_lines(refused)
    assert "MaxArraySize is 0" in refused.stderr


@pytest.mark.slow
def test_on_this_machine_no_limit_of_a_cluster_counts(run: Run, commands: Commands) -> None:
    configure(commands, MaxArraySize="0")
    run(*SUBMIT, "--num-samples", 2, "--size", "160x120", "--font-size", 16, "--local", 1, **commands.variables)
    assert "clean" in run("verify").stdout


@pytest.mark.parametrize(
    "answer",
    [
        "exit 1",
        "head -c 3000 /dev/urandom",
        "echo MaxArraySize = ²; echo MaxJobCount = x",
        f"echo MaxArraySize = {'9' * 5000}",
        "yes",
    ],
)
def test_a_controller_that_answers_nonsense_leaves_slurm_s_defaults(commands: Commands, answer: str) -> None:
    commands.add("scontrol", answer)
    commands.add("sacctmgr", answer)
    limits = cluster_limits(SlurmSettings())
    assert (limits.array, limits.jobs) == (1001, None)


@pytest.mark.parametrize(
    ("said", "reason", "remedy"),
    [
        (
            ("QOSMaxSubmitJobPerUserLimit", POLICY),
            "QOSMaxSubmitJobPerUserLimit",
            "set SAMPLES_PER_NODE to more than 1 ",
        ),
        (("AssocMaxSubmitJobLimit", POLICY), "AssocMaxSubmitJobLimit", "sacctmgr show assoc"),
        ((POLICY,), "job submit limit", "set SAMPLES_PER_NODE to more than 1 "),
        (("QOSMaxWallDurationPerJobLimit", POLICY), "Wall", "TIME_LIMIT is 10"),
        (("QOSMaxCpuPerJobLimit", POLICY), "Cpu", "CPUS_PER_NODE is 1"),
        (("Invalid job array specification",), "Invalid job array", "SAMPLES_PER_NODE to more than 1 "),
        (("Requested time limit is invalid (missing or exceeds some limit)",), "time limit", "TIME_LIMIT is 10"),
        (("Invalid qos specification",), "Invalid qos", "QOS is 'fast'"),
        (("Pathname of a file, directory or other parameter too long",), "too long", "shorter path"),
        (("Slurm temporarily unable to accept job, sleeping and retrying",), "unable to accept", "MaxJobCount"),
    ],
)
def test_a_refusal_names_the_limit_and_its_remedy(
    run: Run, tmp_path: Path, commands: Commands, said: tuple[str, ...], reason: str, remedy: str
) -> None:
    lines = [f"sbatch: error: {line}" for line in (*said[:-1], f"Batch job submission failed: {said[-1]}")]
    shown = "\n".join(lines)
    commands.add("sbatch", f"echo {shlex.quote(shown)} >&2; exit 1")
    refused = run(*SUBMIT, check=False, **commands.variables, SAMPLES_PER_NODE="1", QOS="fast")
    assert_two_lines(refused)
    first, second = refused.stderr.strip().splitlines()
    assert reason in first
    assert remedy in second
    assert not (tmp_path / "shards").exists()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 1800), ("90:00", 5400), ("1:5", 65), ("1:2:3", 3723), ("100:00:00", 360_000), ("2-", 172_800),
        ("2-12", 216_000), ("1-0:30", 88_200), ("1-2:3:4", 93_784), ("0-0:1", 60), ("0", None), ("0:0:0", None),
        ("-1", None), ("UNLIMITED", None), ("infinite", None),
    ],
)  # fmt: skip
def test_every_time_that_sbatch_takes_is_taken(run: Run, commands: Commands, text: str, seconds: int | None) -> None:
    assert limit_seconds(text) == seconds
    if len(text) < 3:
        run(*SUBMIT, **commands.variables | {"TIME_LIMIT": text})
        assert f"--time={text}" in commands.calls("sbatch")[0]


@pytest.mark.parametrize(
    "text", ["", "²", "１", "1h", ":5", "5:", "1--2", "-5", "1:2:3:4", "3:4:", "9" * 11, "99999999"]
)
def test_other_times_are_not(text: str) -> None:
    with pytest.raises(ValueError, match=r"minutes|68 years"):
        limit_seconds(text)


@pytest.mark.parametrize("name", ["NUM_NODES", "CPUS_PER_NODE", "SAMPLES_PER_NODE"])
@pytest.mark.parametrize("text", ["²", "9" * 31, "1" * 5000, "1_0", "+1"])
def test_a_number_is_ascii_and_not_huge(run: Run, name: str, text: str) -> None:
    refused = run("slurm", "submit", "gsm8k", "--dry-run", check=False, **{name: text})
    assert_two_lines(refused, code=2)
    assert f"{name}={text[:80]}" in refused.stderr
    assert "a whole number from 1 to" in refused.stderr


def test_a_submission_of_more_than_a_million_shards_is_refused(run: Run, commands: Commands) -> None:
    huge: Any = 10**15
    refused = run("slurm", "plan", "openmath2_gsm8k", "--num-samples", huge, "--shard-size", 1, check=False)
    assert_two_lines(refused, code=2)
    assert "1,000,000 shards" in refused.stderr


def test_a_limit_is_told_where_sbatch_waits_for_room_without_end(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from vwd.slurm import sbatch
    from vwd.slurm.arrays import Work
    from vwd.slurm.submit import make_submission

    commands.add("sbatch", "echo 'sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying' >&2\n"
                           "exec sleep 100")  # fmt: skip
    monkeypatch.setattr(sbatch, "_TIMEOUT_SECONDS", 0.5)
    one = make_submission("gsm8k", Work(24, 3), (), SlurmSettings(), None, ClusterLimits(), str(tmp_path))
    with pytest.raises(SlurmError, match="unable to accept") as refused:
        sbatch.run_sbatch(["sbatch"], one)
    assert "MaxJobCount" in refused.value.hint

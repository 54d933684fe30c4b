"""How many workers there are by default: Slurm's number, else the CPUs that affinity and cgroup quotas leave."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import Run
from shards.packing import assert_two_lines

from vwd.errors import UsageError
from vwd.shards.cpus import default_workers, usable_cpus


@pytest.fixture(autouse=True)
def eight_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)))


def write(root: Path, files: dict[str, str]) -> Path:
    """A made-up `proc` and `sys`."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_without_cgroups_the_affinity_counts(tmp_path: Path) -> None:
    assert usable_cpus(tmp_path) == 8


@pytest.mark.parametrize(
    ("quota", "cpus"),
    [
        ("100000 100000\n", 1),
        ("150000 100000\n", 2),
        ("50000 100000\n", 1),
        ("400000 100000\n", 4),
        ("9000000 100000\n", 8),
        ("max 100000\n", 8),
    ],
)
def test_a_quota_of_version_2_counts_and_a_part_of_a_cpu_as_one(tmp_path: Path, quota: str, cpus: int) -> None:
    root = write(tmp_path, {"proc/self/cgroup": "0::/pod/box\n", "sys/fs/cgroup/pod/box/cpu.max": quota})
    assert usable_cpus(root) == cpus


def test_the_smallest_quota_on_the_way_up_counts(tmp_path: Path) -> None:
    root = write(tmp_path, {
        "proc/self/cgroup": "0::/slice/pod/box\n",
        "sys/fs/cgroup/slice/pod/box/cpu.max": "600000 100000",
        "sys/fs/cgroup/slice/pod/cpu.max": "max 100000",
        "sys/fs/cgroup/slice/cpu.max": "300000 100000",
    })  # fmt: skip
    assert usable_cpus(root) == 3


@pytest.mark.parametrize("path", ["/", "/docker/0123abcd", "/../box"])
def test_in_a_container_only_its_own_cgroup_is_mounted(tmp_path: Path, path: str) -> None:
    root = write(tmp_path, {"proc/self/cgroup": f"0::{path}\n", "sys/fs/cgroup/cpu.max": "200000 100000"})
    assert usable_cpus(root) == 2


@pytest.mark.parametrize("controllers", ["cpu", "cpu,cpuacct", "cpuacct,cpu"])
def test_a_quota_of_version_1_counts(tmp_path: Path, controllers: str) -> None:
    root = write(tmp_path, {
        "proc/self/cgroup": f"9:memory:/x\n4:{controllers}:/job\n0::/\n",
        f"sys/fs/cgroup/{controllers}/job/cpu.cfs_quota_us": "250000\n",
        f"sys/fs/cgroup/{controllers}/job/cpu.cfs_period_us": "100000\n",
        f"sys/fs/cgroup/{controllers}/cpu.cfs_quota_us": "-1\n",
        f"sys/fs/cgroup/{controllers}/cpu.cfs_period_us": "100000\n",
    })  # fmt: skip
    assert usable_cpus(root) == 3


def test_of_both_versions_side_by_side_the_smaller_quota_counts(tmp_path: Path) -> None:
    root = write(tmp_path, {
        "proc/self/cgroup": "4:cpu:/\n0::/box\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "500000",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        "sys/fs/cgroup/unified/box/cpu.max": "400000 100000",
    })  # fmt: skip
    assert usable_cpus(root) == 4


@pytest.mark.parametrize("quota", ["", "100000", "² 100000", "100000 0", "0 100000", "-1 -1", "1" * 5000, "nonsense"])
def test_a_file_that_is_no_quota_is_none(tmp_path: Path, quota: str) -> None:
    root = write(tmp_path, {"proc/self/cgroup": "0::/\ngarbage\n\n::::", "sys/fs/cgroup/cpu.max": quota})
    assert usable_cpus(root) == 8


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    root = write(tmp_path, {"proc/self/cgroup": "0::/\n"})
    (root / "sys/fs/cgroup").mkdir(parents=True)
    os.mkfifo(root / "sys/fs/cgroup/cpu.max")
    assert usable_cpus(root) == 8


def test_slurm_s_number_is_final() -> None:
    assert default_workers({"SLURM_CPUS_PER_TASK": "24"}) == 24
    assert default_workers({"SLURM_CPUS_PER_TASK": ""}) == default_workers({})


@pytest.mark.parametrize("text", ["²", "٣", "１", "1_0", "+1", " 1", "0", "-1", "1.5", "many", "9" * 31, "1" * 5000])
def test_what_is_no_number_of_cpus_is_refused_by_name(text: str) -> None:
    with pytest.raises(UsageError, match="SLURM_CPUS_PER_TASK=") as refused:
        default_workers({"SLURM_CPUS_PER_TASK": text})
    assert len(refused.value.what) < 120


@pytest.mark.parametrize("verb", [("pack", "gsm8k", "--rows", "builtin"), ("verify", "shards")])
def test_the_command_line_says_so_in_two_lines(run: Run, tmp_path: Path, verb: tuple[str, ...]) -> None:
    if verb[0] == "verify":
        run("pack", "gsm8k", "--rows", "builtin", "--num-samples", 2, "--size", "160x120", "--font-size", 16)
    refused = run(*verb, check=False, SLURM_CPUS_PER_TASK="²")
    assert_two_lines(refused, code=2)
    assert "SLURM_CPUS_PER_TASK=²" in refused.stderr
    assert "--num-workers" in refused.stderr

"""Settings of a cluster, from the environment and from `vwd.toml`."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Run
from shards.packing import assert_two_lines

from vwd.slurm.settings import SlurmSettings, limit_seconds, load_settings


def test_the_defaults_are_twenty_nodes_of_120_cpus_for_two_days(tmp_path: Path) -> None:
    found = load_settings({}, tmp_path)
    assert found == SlurmSettings(20, 120, 10_000, "cpu", "48:00:00")


def test_the_environment_wins_over_the_file_and_the_file_over_an_earlier_submission(tmp_path: Path) -> None:
    (tmp_path / "vwd.toml").write_text(
        '[slurm]\nnum_nodes = 7\npartition = "long"\nextra_sbatch = ["--exclude=n1", "--mem=4G"]\n[other]\nx = 1\n'
    )
    before = SlurmSettings(num_nodes=1, partition="short", account="physics")
    found = load_settings({"PARTITION": "debug", "QOS": "", "HOME": "/"}, tmp_path, before)
    assert (found.num_nodes, found.partition, found.account) == (7, "debug", "physics")
    assert found.extra_sbatch == "--exclude=n1 --mem=4G"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("NUM_NODES", "0", "a whole number from 1"),
        ("CPUS_PER_NODE", "many", "a whole number from 1"),
        ("SAMPLES_PER_NODE", "-3", "a whole number from 1"),
        ("PARTITION", "cpu --mem=1", "a name without spaces"),
        ("TIME_LIMIT", "2 days", "hours:minutes:seconds"),
        ("EXTRA_SBATCH", "mem=4G", "start with -"),
        ("EXTRA_SBATCH", "--comment='", "as a shell would split them"),
        ("JOB_SCRIPT", "/nowhere", "an existing file"),
        ("VWD_PYTHON", "no-such-python", "a Python that has vwd"),
    ],
)
def test_a_bad_value_names_the_variable_and_what_is_allowed(run: Run, name: str, value: str, allowed: str) -> None:
    refused = run("slurm", "submit", "gsm8k", "--dry-run", check=False, **{name: value})
    assert_two_lines(refused, code=2)
    assert f"{name}={value}" in refused.stderr
    assert allowed in refused.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[slurm]\nnodes = 3\n", "Allowed are num_nodes"),
        ("[slurm]\nnum_nodes = true\n", "vwd.toml: num_nodes=True is not allowed"),
        ("[slurm\n", "cannot be read"),
        ("slurm = 3\n", "not a table"),
    ],
)
def test_a_bad_file_is_reported_in_two_lines(run: Run, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "vwd.toml").write_text(text)
    refused = run("slurm", "plan", "gsm8k", check=False)
    assert_two_lines(refused, code=2)
    assert message in refused.stderr


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 5400), ("1:30", 90), ("48:00:00", 172_800), ("2-12", 216_000), ("1-0:30", 88_200), ("1-02:03:04", 93_784)],
)
def test_time_limits_are_parsed_as_slurm_writes_them(text: str, seconds: int) -> None:
    assert limit_seconds(text) == seconds
    assert limit_seconds("UNLIMITED") is None


@pytest.mark.parametrize("text", ["", "0", "1h", "1:2:3:4", "-5", "1-"])
def test_text_that_is_not_a_time_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"limit|minutes"):
        limit_seconds(text)

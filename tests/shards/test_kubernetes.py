"""Tasks of an Indexed Job on Kubernetes, and what the pages for Kubernetes and Ray show."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from conftest import HANG_SECONDS, Run, environment, write_rows
from shards.packing import assert_two_lines, gsm8k, lamp_rows, tar_hashes, write_lamps

from vwd.errors import UsageError
from vwd.shards.plan import array_task

pytest_plugins = ["shards.packed"]

DOCS = Path(__file__).resolve().parents[2] / "docs"


def block(page: str, language: str) -> str:
    """The one block of code in this language on a page."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    return str(found)


@pytest.fixture(scope="module")
def job() -> dict[str, Any]:
    """The manifest's Job."""
    manifest: dict[str, Any] = import_module("yaml").safe_load(block("kubernetes.md", "yaml"))
    return manifest


def container(job: dict[str, Any]) -> dict[str, Any]:
    (one,) = job["spec"]["template"]["spec"]["containers"]
    return dict(one)


def test_the_pods_of_an_indexed_job_pack_a_third_each_and_together_the_same_bytes(
    run: Run, tmp_path: Path, three_shards: Path
) -> None:
    write_lamps(tmp_path, 18)
    for index in (2, 0, 1):
        run(*gsm8k(), JOB_COMPLETION_INDEX=str(index), VWD_NUM_TASKS="3")
    assert tar_hashes(tmp_path / "shards" / "gsm8k") == tar_hashes(three_shards / "shards" / "gsm8k")
    assert (tmp_path / "shards" / "gsm8k" / "SHA256SUMS").is_file()


def test_without_the_number_of_tasks_a_pod_refuses_to_pack_everything(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    refused = run(*gsm8k(), check=False, JOB_COMPLETION_INDEX="1")
    assert_two_lines(refused, code=2)
    assert "VWD_NUM_TASKS" in refused.stderr
    assert "completions" in refused.stderr
    assert not (tmp_path / "shards").exists()


def test_an_array_of_slurm_comes_before_a_job_of_kubernetes() -> None:
    slurm = {"SLURM_ARRAY_TASK_ID": "4", "SLURM_ARRAY_TASK_COUNT": "5"}
    assert array_task({**slurm, "JOB_COMPLETION_INDEX": "1", "VWD_NUM_TASKS": "2"}) == (4, 5)


@pytest.mark.parametrize("text", ["²", "-1", "1.0", "x", "9" * 31, "3", "1_0"])
@pytest.mark.parametrize(
    "names", [("JOB_COMPLETION_INDEX", "VWD_NUM_TASKS"), ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT")]
)
def test_an_index_that_is_not_one_of_the_tasks_is_refused_by_name(names: tuple[str, str], text: str) -> None:
    with pytest.raises(UsageError, match=f"{names[0]}="):
        array_task({names[0]: text, names[1]: "3"})


@pytest.mark.parametrize("name", ["SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX"])
@pytest.mark.parametrize("text", ["²", "１", "-1", "9" * 31])
def test_every_variable_of_an_array_is_checked(name: str, text: str) -> None:
    array = {"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "0",
             "SLURM_ARRAY_TASK_MAX": "2"}  # fmt: skip
    with pytest.raises(UsageError, match=f"{name}="):
        array_task({**array, name: text})


def test_the_manifest_is_an_indexed_job_whose_tasks_cover_all_rows_once(job: dict[str, Any]) -> None:
    spec = job["spec"]
    assert (job["apiVersion"], job["kind"], spec["completionMode"]) == ("batch/v1", "Job", "Indexed")
    assert 1 <= spec["parallelism"] <= spec["completions"]
    assert spec["template"]["spec"]["restartPolicy"] == "Never"  # backoffLimitPerIndex requires it
    variables = {one["name"]: one["value"] for one in container(job)["env"]}
    assert variables["VWD_NUM_TASKS"] == str(spec["completions"])
    tasks = [array_task({**variables, "JOB_COMPLETION_INDEX": str(index)}) for index in range(spec["completions"])]
    assert tasks == [(index, spec["completions"]) for index in range(spec["completions"])]


def test_the_manifest_s_command_is_one_of_vwd_pack(job: dict[str, Any]) -> None:
    from vwd.cli.pack import pack
    from vwd.cli.rows_options import corpus_of

    command = container(job)["command"]
    assert command[:2] == ["vwd", "pack"]
    context = pack.make_context("vwd pack", command[2:])
    assert corpus_of(context.params["dataset"], context.params).name == "tinystories"
    assert context.params["task"] is None
    (mount,) = container(job)["volumeMounts"]
    assert context.params["out"].is_relative_to(mount["mountPath"])
    assert context.params["base_dir"].is_relative_to(mount["mountPath"])


RAY = """
import sys, types
def remote(**options):
    def of(function):
        function.remote = function
        return function
    return of
sys.modules["ray"] = types.SimpleNamespace(remote=remote, init=lambda: None, get=lambda results: results)
code = open("pack_on_ray.py").read()
exec(compile(code, "pack_on_ray.py", "exec"), {"__name__": "__main__"})
"""


def test_the_program_for_ray_packs_with_ray_s_calls_made_one_after_the_other(run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", lamp_rows(8))
    program = block("ray.md", "python")
    for there, here in {
        'Path("/data/shards")': 'Path("shards")',
        'base_dir=Path("/data")': 'rows="rows.jsonl"',
        "CPUS, TASKS = 8, 4": "CPUS, TASKS = 1, 2",
        "shard_size=1000": "shard_size=2",
    }.items():
        assert program.count(there) == 1
        program = program.replace(there, here)
    (tmp_path / "pack_on_ray.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-c", RAY], cwd=tmp_path, env=environment(), capture_output=True, text=True,
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("4 shards packed")
    assert "clean" in run("verify").stdout


def test_the_program_for_ray_is_about_thirty_lines() -> None:
    program = block("ray.md", "python")
    compile(program, "pack_on_ray.py", "exec")
    assert len(program.splitlines()) <= 35

"""In a Slurm array, each task finds its own slice of the rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Run
from shards.packing import assert_two_lines, copy_pack, gsm8k, tar_hashes, write_lamps

from vwd.errors import UsageError
from vwd.shards.plan import array_task

pytest_plugins = ["shards.packed"]


def array(task: int, first: int, last: int, count: int | None = None) -> dict[str, str]:
    """The variables that Slurm sets in a task of an array."""
    return {
        "SLURM_ARRAY_TASK_ID": str(task),
        "SLURM_ARRAY_TASK_COUNT": str(last - first + 1 if count is None else count),
        "SLURM_ARRAY_TASK_MIN": str(first),
        "SLURM_ARRAY_TASK_MAX": str(last),
    }


def test_the_tasks_of_an_array_pack_a_third_each_and_together_the_same_bytes(
    run: Run, tmp_path: Path, three_shards: Path
) -> None:
    write_lamps(tmp_path, 18)
    folder = tmp_path / "shards" / "gsm8k"
    for task in (1, 2, 3):
        done = run(*gsm8k(), **array(task, 1, 3))
        assert f"task {task - 1} of 3" in done.stderr
        assert len(list(folder.glob("*.tar"))) == task
    assert tar_hashes(folder) == tar_hashes(three_shards / "shards" / "gsm8k")


@pytest.mark.parametrize(("first", "last"), [(0, 3), (1, 4), (7, 7)])
def test_tasks_are_numbered_from_the_first_of_the_array(first: int, last: int) -> None:
    found = [array_task(array(task, first, last)) for task in range(first, last + 1)]
    assert found == [(number, last - first + 1) for number in range(last - first + 1)]


def test_outside_an_array_there_is_no_task() -> None:
    assert array_task({"SLURM_JOB_ID": "12"}) is None


def test_an_array_with_gaps_is_refused_and_packs_nothing(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    done = run(*gsm8k(), check=False, **array(5, 0, 8, count=5))
    assert_two_lines(done, code=2)
    assert "Give --task I and --num-tasks T." in done.stderr
    assert not (tmp_path / "shards").exists()
    with pytest.raises(UsageError):
        array_task(array(4, 0, 8, count=5))


def test_a_task_number_without_the_size_of_the_array_is_refused_in_two_lines(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    done = run(*gsm8k(), check=False, SLURM_ARRAY_TASK_ID="1")
    assert_two_lines(done, code=2)
    assert "SLURM_ARRAY_TASK_COUNT" in done.stderr


def test_an_explicit_start_overrides_the_array(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    run(*gsm8k("--start-idx", 0, "--num-samples", 6), **array(2, 0, 2))
    assert list(tar_hashes(tmp_path / "shards" / "gsm8k")) == ["gsm8k-000000.tar"]


def test_explicit_tasks_override_the_array(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    run(*gsm8k("--task", 1, "--num-tasks", 3), **array(2, 0, 2))
    assert list(tar_hashes(tmp_path / "shards" / "gsm8k")) == ["gsm8k-000001.tar"]


def test_there_is_a_worker_for_each_cpu_of_the_slurm_task_unless_their_number_is_given(
    run: Run, tmp_path: Path, three_shards: Path
) -> None:
    copy_pack(three_shards, tmp_path)
    with_workers = gsm8k()
    without_workers = with_workers[: with_workers.index("--num-workers")]
    assert "3 worker(s)" in run(*without_workers, SLURM_CPUS_PER_TASK="3").stderr
    assert "1 worker(s)" in run(*with_workers, SLURM_CPUS_PER_TASK="3").stderr


@pytest.mark.parametrize("options", [("--task", "1"), ("--num-tasks", "3")])
def test_task_and_num_tasks_are_accepted_only_together(run: Run, tmp_path: Path, options: tuple[str, str]) -> None:
    write_lamps(tmp_path, 18)
    done = run(*gsm8k(*options), check=False)
    assert_two_lines(done, code=2)
    assert not (tmp_path / "shards").exists()

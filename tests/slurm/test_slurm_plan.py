"""The plan of a submission: pure numbers, independent of the cluster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Run, write_rows
from hypothesis import given
from hypothesis import strategies as st
from shards.packing import assert_two_lines, lamp_rows

from vwd.errors import UsageError
from vwd.shards.ranges import format_ranges, parse_ranges
from vwd.slurm.arrays import Work, count_tasks, split_tasks, window_before, windows

SIZES = st.integers(1, 400)


def test_a_quarter_of_a_million_samples_at_ten_thousand_per_node_are_25_tasks() -> None:
    ranges = Work(250_000, 1000).ranges()
    assert count_tasks(ranges, 10_000) == 25
    assert {len(shards) for shards in split_tasks(ranges, 25)} == {10}


@given(rows=st.integers(1, 5000), shard_size=SIZES, samples=st.integers(1, 2000))
def test_every_shard_belongs_to_exactly_one_task(rows: int, shard_size: int, samples: int) -> None:
    ranges = Work(rows, shard_size).ranges()
    tasks = split_tasks(ranges, count_tasks(ranges, samples))
    assert [shard for task in tasks for shard in task] == list(ranges)
    assert all(tasks)


@given(rows=st.integers(1, 5000), shard_size=SIZES, factor=st.integers(1, 9))
def test_a_task_has_no_more_samples_than_a_node_should_pack(rows: int, shard_size: int, factor: int) -> None:
    ranges = Work(rows, shard_size).ranges()
    for task in split_tasks(ranges, count_tasks(ranges, shard_size * factor)):
        assert sum(shard.stop - shard.start for shard in task) <= shard_size * factor


@given(tasks=st.integers(1, 90), limit=st.integers(1, 50), nodes=st.integers(1, 60))
def test_arrays_cover_all_tasks_and_together_never_use_too_many_nodes(tasks: int, limit: int, nodes: int) -> None:
    arrays = windows(tasks, limit)
    assert [w.offset + i for w in arrays for i in range(w.tasks)] == list(range(tasks))
    assert all(1 <= window.tasks <= limit for window in arrays)
    ended: set[int] = set()
    while len(ended) < len(arrays):  # in the order in which Slurm would start them
        free = {None, *ended}
        ready = [i for i in range(len(arrays)) if i not in ended and window_before(arrays, i, nodes) in free]
        assert ready
        assert sum(min(arrays[i].tasks, nodes) for i in ready) <= nodes
        ended.add(ready[0])


@given(st.sets(st.integers(0, 300), min_size=1))
def test_a_formatted_list_of_shards_is_parsed_to_the_same_numbers(numbers: set[int]) -> None:
    assert parse_ranges(format_ranges(numbers)) == tuple(sorted(numbers))


@pytest.mark.parametrize("text", ["", "x", "3-1", "-3", "1,,x"])
def test_text_that_is_not_a_list_of_shards_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_ranges(text)


def test_pack_packs_only_the_given_shards(run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", lamp_rows(18))
    (tmp_path / "list").write_text("0\n2\n")
    line = ("pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", 6, "--size", "160x120", "--font-size", 16,
            "--num-workers", 1)  # fmt: skip
    run(*line, "--shards", "list", "--task", 1, "--num-tasks", 2)
    assert [path.name for path in (tmp_path / "shards" / "gsm8k").glob("*.tar")] == ["gsm8k-000002.tar"]
    refused = run(*line, "--shards", "1,3", check=False)
    assert_two_lines(refused, code=2)
    assert "0 to 2" in refused.stderr
    run(*line, "--shards", "0-1")
    assert "clean" in run("verify").stdout


def test_a_plan_estimates_its_cost_from_the_rate_in_the_ledger(run: Run, tmp_path: Path) -> None:
    before = run("slurm", "plan", "tinystories").stdout
    assert "2,119,719 in 2,120 shards" in before
    assert "212 in 1 array(s), 20 at once" in before
    assert "hours    unknown" in before
    run("pack", "tinystories", "--rows", "builtin", "--shard-size", 6, "--num-workers", 1)
    shown = run("slurm", "plan", "tinystories").stdout
    assert "by the ledger of tinystories" in shown
    assert "GB" in shown
    assert "inodes   4,462" in shown
    (estimate,) = json.loads(run("slurm", "plan", "tinystories", "--json").stdout)
    tars = sum(path.stat().st_size for path in (tmp_path / "shards" / "tinystories").glob("*.tar"))
    assert estimate["bytes"] == pytest.approx(tars / 24 * 2_119_719, rel=1e-6)
    assert [estimate["tasks"][0], estimate["tasks"][-1]] == [
        {"first_shard": 0, "last_shard": 9}, {"first_shard": 2110, "last_shard": 2119},
    ]  # fmt: skip


def test_a_plan_warns_when_a_task_cannot_use_all_its_cpus(run: Run) -> None:
    assert "120 of 120 a task have rows to pack" in run("slurm", "plan", "belle_school_math").stdout
    assert "note" not in run("slurm", "plan", "belle_school_math").stdout
    small = run("slurm", "plan", "belle_school_math", "--num-samples", 3000).stdout
    assert "60 of 120 a task have rows to pack" in small
    assert "a task has rows for 60 of its 120 CPUs: raise SAMPLES_PER_NODE, or lower CPUS_PER_NODE" in small
    assert "10 shards for 120 CPUs" in run("slurm", "plan", "belle_school_math", "--streaming").stdout
    assert "note" not in run("slurm", "plan", "belle_school_math", "--streaming", "--shard-size", 80).stdout


@pytest.mark.parametrize("dataset", ["openmath2_gsm8k", "all"])
def test_a_corpus_of_unknown_size_needs_a_local_copy_or_a_number_of_samples(run: Run, dataset: str) -> None:
    refused = run("slurm", "plan", dataset, check=False)
    assert_two_lines(refused, code=2)
    assert "vwd download --dataset openmath2_gsm8k" in refused.stderr
    assert "500 in 1 shards" in run("slurm", "plan", "openmath2_gsm8k", "--num-samples", 500).stdout

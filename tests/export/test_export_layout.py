"""`vwd export-jsonl`: the documented folder of videos, and JSONL files of prompts that point at them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import Run
from export.exporting import lines, names
from shards.damage import read_members
from shards.packing import assert_two_lines

pytest_plugins = ["export.exported"]

PROMPTS = {
    "gsm8k": (
        "Question: A crate holds 3 lamps.\nHow many are in 4 crates?",
        " Answer: There are 3*4 = 12 lamps.\nSo the answer is: 12.",
    ),
    "tinystories": (
        "Story: There once was a snail called Otto 1.\nHe had a tin drum.",
        " Continuation: “Boom!” it went.\nThe moon woke up.",
    ),
    "belle_school_math": ("问题：一箱灯有 3 盏。\n4 箱一共有多少盏？", "答案：一共有 12 盏。"),
}


def test_each_dataset_has_its_videos_and_two_lists_per_shard(run: Run, three_corpora: Path, tmp_path: Path) -> None:
    run("export-jsonl", three_corpora)
    assert names(tmp_path / "export") == sorted(PROMPTS)
    for dataset in PROMPTS:
        folder = tmp_path / "export" / dataset
        tasks = ("inference", "rendering")
        assert names(folder) == [*(f"{dataset}_{task}_video_data_{n}.jsonl" for task in tasks for n in (0, 3)), "video"]
        assert names(folder / "video") == [f"{dataset}_{row:06d}.mp4" for row in range(5)]
        assert [len(lines(folder / f"{dataset}_inference_video_data_{n}.jsonl")) for n in (0, 3)] == [3, 2]


@pytest.mark.parametrize("dataset", PROMPTS)
def test_prompts_are_the_documented_labels_and_the_drawn_text(
    run: Run, three_corpora: Path, tmp_path: Path, dataset: str
) -> None:
    run("export-jsonl", three_corpora / dataset)
    folder = tmp_path / "export" / dataset
    question, answer = PROMPTS[dataset]
    video = str(folder.resolve() / "video" / f"{dataset}_000001.mp4")
    assert lines(folder / f"{dataset}_inference_video_data_0.jsonl")[1] == {"video_path": video, "prompt": question}
    assert lines(folder / f"{dataset}_rendering_video_data_0.jsonl")[1] == {
        "video_path": video,
        "prompt": question + answer,
    }
    members = dict(read_members(three_corpora / dataset / f"{dataset}-000000.tar"))
    board = json.loads(members[f"{dataset}_000001.storyboard.json"])
    assert question.endswith(board["question"])
    assert answer.endswith(board["answer"])


def test_paths_are_absolute_and_lead_to_the_videos_of_the_shards(run: Run, three_corpora: Path, tmp_path: Path) -> None:
    run("export-jsonl", three_corpora / "gsm8k", "--base-dir", "some/where")
    folder = tmp_path / "some" / "where" / "gsm8k"
    records = lines(folder / "gsm8k_rendering_video_data_3.jsonl")
    members = dict(read_members(three_corpora / "gsm8k" / "gsm8k-000001.tar"))
    for record, key in zip(records, ("gsm8k_000003", "gsm8k_000004"), strict=True):
        video = Path(record["video_path"])
        assert video.is_absolute()
        assert video.read_bytes() == members[f"{key}.mp4"]


@pytest.mark.parametrize("task", ["inference", "rendering"])
def test_one_task_gives_only_its_lists(run: Run, three_corpora: Path, tmp_path: Path, task: str) -> None:
    run("export-jsonl", three_corpora / "gsm8k", "--task", task)
    listed = [path.name for path in (tmp_path / "export" / "gsm8k").glob("*.jsonl")]
    assert sorted(listed) == [f"gsm8k_{task}_video_data_{start}.jsonl" for start in (0, 3)]


def test_a_slice_of_rows_is_one_pair_of_lists_named_by_its_start(run: Run, three_corpora: Path, tmp_path: Path) -> None:
    run("export-jsonl", three_corpora / "gsm8k", "--start-idx", 2, "--num-samples", 2)
    folder = tmp_path / "export" / "gsm8k"
    assert names(folder) == ["gsm8k_inference_video_data_2.jsonl", "gsm8k_rendering_video_data_2.jsonl", "video"]
    listed = [Path(record["video_path"]).name for record in lines(folder / "gsm8k_inference_video_data_2.jsonl")]
    assert listed == names(folder / "video") == ["gsm8k_000002.mp4", "gsm8k_000003.mp4"]


def test_a_slice_without_a_length_extends_to_the_end(run: Run, three_corpora: Path, tmp_path: Path) -> None:
    run("export-jsonl", three_corpora / "gsm8k", "--start-idx", 3)
    assert len(lines(tmp_path / "export" / "gsm8k" / "gsm8k_inference_video_data_3.jsonl")) == 2


def test_a_slice_beyond_the_rows_leaves_no_empty_list(run: Run, three_corpora: Path, tmp_path: Path) -> None:
    done = run("export-jsonl", three_corpora / "gsm8k", "--start-idx", 100, "--num-samples", 5, check=False)
    assert done.returncode != 0
    assert list((tmp_path / "export").rglob("*.jsonl")) == []


def test_torn_and_missing_shards_are_named_and_left_out(run: Run, three_corpora: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shards" / "gsm8k"
    shutil.copytree(three_corpora / "gsm8k", folder)
    (folder / "gsm8k-000001.tar").write_bytes(b"")
    done = run("export-jsonl", check=False)
    assert done.returncode == 1
    assert "left out: gsm8k-000001 is torn (tar is missing or not" in done.stderr
    assert "as recorded); run 'vwd pack' again to complete it" in done.stderr
    assert names(tmp_path / "export" / "gsm8k" / "video") == [f"gsm8k_{row:06d}.mp4" for row in range(3)]
    (folder / "gsm8k-000001.tar").unlink()
    (folder / "ledger" / "gsm8k-000001.json").unlink()
    assert run("export-jsonl").returncode == 0
    done = run("export-jsonl", "--num-samples", 5, check=False)
    assert done.returncode == 1
    assert "gsm8k-000001 is missing" in done.stderr


def test_json_reports_what_was_written(run: Run, three_corpora: Path) -> None:
    (result,) = json.loads(run("export-jsonl", three_corpora / "gsm8k", "--json").stdout)
    assert (result["dataset"], result["samples"], result["written"], result["unchanged"]) == ("gsm8k", 5, 9, 0)
    (result,) = json.loads(run("export-jsonl", three_corpora / "gsm8k", "--json").stdout)
    assert (result["written"], result["unchanged"]) == (0, 5)


def test_a_base_folder_that_cannot_be_created_is_reported_in_two_lines(
    run: Run, three_corpora: Path, tmp_path: Path
) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "gsm8k").write_text("a file in the way")
    done = run("export-jsonl", three_corpora / "gsm8k", check=False)
    assert_two_lines(done)
    assert "--base-dir" in done.stderr

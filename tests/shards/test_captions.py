"""`vwd pack --caption-member txt`: a member with the prompt alone, for readers that look for a caption."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Run
from shards.damage import read_members
from shards.packing import assert_two_lines, gsm8k, write_lamps

from vwd.shards.contract_schema import parse_contract

CAPTIONED = ("--caption-member", "txt")


@pytest.mark.parametrize("task", ["inference", "rendering"])
def test_the_caption_is_the_tasks_prompt_and_the_contract_says_whose(run: Run, tmp_path: Path, task: str) -> None:
    write_lamps(tmp_path, 3)
    run(*gsm8k(*CAPTIONED, "--caption-task", task, "--sat-meta"))
    folder = tmp_path / "shards" / "gsm8k"
    members = read_members(folder / "gsm8k-000000.tar")
    endings = ["mp4", "inference.json", "rendering.json", "storyboard.json", "txt", "id"]
    assert [name for name, _ in members] == [f"gsm8k_{row:06d}.{ending}" for row in range(3) for ending in endings]
    by_name = dict(members)
    for row in range(3):
        prompt = json.loads(by_name[f"gsm8k_{row:06d}.{task}.json"])["prompt"]
        assert by_name[f"gsm8k_{row:06d}.txt"].decode() == prompt
    contract = parse_contract((folder / "pack.json").read_bytes())
    assert (contract.caption, contract.members) == (task, tuple(endings))
    run("verify")


def test_without_it_the_contract_and_the_shards_are_as_before(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 1)
    run(*gsm8k())
    contract = json.loads((tmp_path / "shards" / "gsm8k" / "pack.json").read_bytes())
    assert {"caption", "exclude"} & set(contract) == set()
    assert "txt" not in contract["members"]


def test_another_captions_task_does_not_resume_an_output(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 1)
    run(*gsm8k(*CAPTIONED))
    done = run(*gsm8k(*CAPTIONED, "--caption-task", "inference"), check=False)
    assert_two_lines(done)
    assert "caption: existing rendering, requested inference" in done.stderr


@pytest.mark.parametrize("caption", ["", "both"])
def test_a_contract_that_contradicts_its_members_is_damaged(run: Run, tmp_path: Path, caption: str) -> None:
    write_lamps(tmp_path, 1)
    run(*gsm8k(*CAPTIONED))
    path = tmp_path / "shards" / "gsm8k" / "pack.json"
    damaged = json.dumps({**json.loads(path.read_bytes()), "caption": caption}).encode()
    with pytest.raises(ValueError, match=r"\$\.caption"):
        parse_contract(damaged)


def test_other_readers_find_the_caption(run: Run, tmp_path: Path) -> None:
    import datasets
    import webdataset

    write_lamps(tmp_path, 3)
    run(*gsm8k(*CAPTIONED))
    folder = tmp_path / "shards" / "gsm8k"
    prompts = [
        json.loads(data)["prompt"]
        for name, data in read_members(folder / "gsm8k-000000.tar")
        if name.endswith("rendering.json")
    ]
    read = webdataset.WebDataset(str(folder / "gsm8k-000000.tar"), shardshuffle=False).decode().to_tuple("txt")
    assert [caption for (caption,) in read] == prompts
    # As finetrainers reads a folder of shards: the column 'txt' is the caption.
    rows = datasets.load_dataset(str(folder), split="train", streaming=True)
    assert rows.features["txt"] == datasets.Value("string")
    rows = rows.cast_column("mp4", datasets.Video(decode=False)).rename_column("txt", "caption")
    assert [row["caption"] for row in rows] == prompts

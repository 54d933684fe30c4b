"""Prepared records become shards of images and conversations, and say what is missing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import webdataset
from conftest import Run
from records.making import jpeg
from records.test_benchmarks import mmbench, records
from shards.packing import assert_two_lines


@pytest.fixture
def prepared(run: Run, tmp_path: Path) -> Path:
    (tmp_path / "dev.tsv").write_text(mmbench(12))
    run("prepare", "--dataset", "mmbench", "--splits", "dev", "--source", "dev.tsv", "--download-images")
    return tmp_path / "data" / "processed" / "mmbench" / "mmbench_dev.jsonl"


def test_records_become_samples_that_webdataset_reads(run: Run, prepared: Path, tmp_path: Path) -> None:
    for _ in range(2):
        run("pack-records", "mmb", "--rows", prepared, "--shard-size", "5")
    tars = sorted(map(str, (tmp_path / "shards" / "mmb").glob("*.tar")))
    samples = [sample for tar in tars for sample in webdataset.WebDataset(tar, shardshuffle=False)]
    assert [sample["__key__"] for sample in samples] == [f"mmbench%2F{number}" for number in range(12)]
    assert samples[3]["jpg"] == jpeg(3)
    assert json.loads(samples[2]["json"])["conversations"] == [
        {
            "role": "user",
            "content": "<image>\nA hint.\nQuestion 2?\nA. choice A\nB. choice B\nC. choice C\nD. choice D",
        },
        {"role": "assistant", "content": "C. choice C"},
    ]
    assert run("verify", "shards").stdout.startswith("mmb: 3 shards, 12 samples: clean")


def test_an_image_that_is_gone_or_another_costs_its_record(run: Run, prepared: Path, tmp_path: Path) -> None:
    images = tmp_path / "data" / "images" / "mmbench"
    (images / "dev_1.jpg").unlink()
    (images / "dev_2.jpg").write_bytes(jpeg(7))
    done = run("pack-records", "mmb", "--rows", prepared, "--json")
    assert json.loads(done.stdout)["skips"] == {"image_missing": 1, "image_unreadable": 1}


def test_records_without_stored_images_are_refused_with_what_to_do(run: Run, prepared: Path) -> None:
    run("prepare", "--dataset", "mmbench", "--splits", "dev", "--source", "dev.tsv")
    done = run("pack-records", "mmb", "--rows", prepared, check=False)
    assert done.returncode == 1
    assert "all 12 records were skipped" in done.stderr
    assert "--download-images" in done.stderr


@pytest.mark.parametrize("label", [-1, -(2**70), 4, 2**70])
def test_a_label_that_is_no_choice_leaves_the_answer_as_it_is(
    label: int, run: Run, prepared: Path, tmp_path: Path
) -> None:
    first, *_ = records(prepared)
    first["answer"]["label"] = label
    (tmp_path / "odd.jsonl").write_text(json.dumps(first) + "\n")
    run("pack-records", "mmb", "--rows", "odd.jsonl")
    (tar,) = map(str, (tmp_path / "shards" / "mmb").glob("*.tar"))
    (one,) = webdataset.WebDataset(tar, shardshuffle=False)
    assert json.loads(one["json"])["conversations"][-1] == {"role": "assistant", "content": "choice A"}


def test_half_a_surrogate_pair_costs_at_most_its_record(run: Run, prepared: Path, tmp_path: Path) -> None:
    first, second, third, fourth, *_ = records(prepared)
    first["question"] = second["id"] = third["image"]["path"] = fourth["answer"] = "half \ud83d of a pair"
    (tmp_path / "odd.jsonl").write_text("".join(json.dumps(one) + "\n" for one in (first, second, third, fourth)))
    done = run("pack-records", "mmb", "--rows", "odd.jsonl", "--json")
    assert json.loads(done.stdout)["skips"] == {"bad_row": 1, "image_unreadable": 1}
    assert run("verify", "shards").stdout.startswith("mmb: 1 shards, 2 samples: clean")
    (tar,) = map(str, (tmp_path / "shards" / "mmb").glob("*.tar"))
    one, other = webdataset.WebDataset(tar, shardshuffle=False)
    assert "\nhalf \ufffd of a pair\n" in json.loads(one["json"])["conversations"][0]["content"]
    assert json.loads(other["json"])["id"] == "half \ufffd of a pair"
    assert other["__key__"] == "mmbench%2Fhalf%20%ED%A0%BD%20of%20a%20pair"


def test_a_record_twice_is_told_apart_by_its_dataset(run: Run, prepared: Path, tmp_path: Path) -> None:
    other = [{**one, "dataset": "other"} for one in records(prepared)]
    (tmp_path / "both.jsonl").write_text(
        "".join(json.dumps(one) + "\n" for one in [*records(prepared), *other, records(prepared)[0]])
    )
    summary = json.loads(run("pack-records", "both", "--rows", "both.jsonl", "--json").stdout)
    assert (summary["samples"], summary["skips"]) == (24, {"id_duplicate": 1})


def test_other_files_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"question": "Q?", "answer": "A"}\n')
    done = run("pack-records", "x", "--rows", "rows.jsonl", check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_records_are_read_from_regular_files_alone(run: Run, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "rows.jsonl"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    assert_two_lines(run("pack-records", "x", "--rows", "rows.jsonl", check=False))

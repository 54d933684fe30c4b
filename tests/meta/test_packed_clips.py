"""Clips and captions become shards that verify, resume and are read by webdataset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import webdataset
from conftest import Run
from meta.videos import QUOTED, make_videos

from vwd.meta.tables import write_table


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Every made video with a caption, and one without."""
    make_videos(tmp_path / "videos")
    names = ["a_cut.mp4", "nested/a_cut.mp4", "UPPER.MP4", "ntsc.mkv", QUOTED, "cut_data.mp4", "cut_index.mp4",
             "empty.mp4", "text.avi", "one_frame.mov"]  # fmt: skip
    rows = [{"path": f"videos/{name}", "text": f'caption of "{name}", 狗', "scene": "3"} for name in names]
    write_table(tmp_path / "clips.csv", ("path", "text", "scene"), [*rows, {"path": "videos/a_cut.mp4", "text": " "}])
    return tmp_path / "clips.csv"


def test_clips_pack_verify_resume_and_are_read(table: Path, run: Run) -> None:
    words = ("pack-videos", "clips.csv", "--out", "shards", "--shard-size", "4", "--num-workers", "2")
    summary = json.loads(run(*words, "--json").stdout)
    assert (summary["samples"], summary["made"]) == (6, 3)
    assert summary["skips"] == {"empty_text": 1, "video_unreadable": 4}
    assert "6 samples: clean" in run("verify", "shards").stdout
    folder = table.parent / "shards" / "clips"
    (folder / "clips-000001.tar").unlink()
    assert json.loads(run(*words, "--json").stdout)["made"] == 1
    samples = [
        sample for tar in sorted(folder.glob("*.tar")) for sample in webdataset.WebDataset(str(tar), shardshuffle=False)
    ]
    known = [json.loads(sample["json"]) for sample in samples]
    assert [one["num_frames"] for one in known] == [150, 100, 30, 150, 39, 1]
    assert known[4]["text"] == f'caption of "{QUOTED}", 狗'
    assert samples[3]["mkv"] == (table.parent / "videos/ntsc.mkv").read_bytes()
    assert samples[2]["mp4"] == (table.parent / "videos/UPPER.MP4").read_bytes()


def test_what_packs_is_clean_however_odd_the_file_and_its_caption(table: Path, run: Run) -> None:
    video = (table.parent / "videos" / "UPPER.MP4").read_bytes()
    # A player bears a box behind the last one that says it is larger than the file.
    (table.parent / "odd.mp4").write_bytes(video + b"\x00\x00\xff\xffskip")
    rows = [{"path": "odd.mp4", "text": "A square."}, {"path": "odd.mp4", "text": "Half \ud83d of a pair."}]
    (table.parent / "odd.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run("pack-videos", "odd.jsonl")
    assert "2 samples: clean" in run("verify", "shards").stdout
    (tar,) = map(str, (table.parent / "shards" / "odd").glob("*.tar"))
    samples = list(webdataset.WebDataset(tar, shardshuffle=False))
    assert [json.loads(one["json"])["text"] for one in samples] == ["A square.", "Half \ufffd of a pair."]


def test_another_caption_column_is_another_contract(table: Path, run: Run) -> None:
    run("pack-videos", "clips.csv", "--out", "shards")
    done = run("pack-videos", "clips.csv", "--out", "shards", "--caption-column", "path", check=False)
    assert done.returncode == 1
    assert "was packed with other settings" in done.stderr


def test_a_table_that_is_not_there_is_named(run: Run) -> None:
    done = run("pack-videos", "nowhere.csv", check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "Error: nowhere.csv: there is no such table"


def test_a_column_that_is_not_there_is_named(table: Path, run: Run) -> None:
    done = run("pack-videos", "clips.csv", "--caption-column", "caption", check=False)
    assert done.returncode == 1
    assert "no column caption; it has path, text, scene" in done.stderr

"""`vwd export-parquet`: one row per sample, one file per shard, with the videos on request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import Run
from export.exporting import names
from export.others import listed_keys, packed, records
from shards.damage import read_members
from shards.packing import copy_pack, read_entry, snapshot

from vwd.export import parquet
from vwd.export.parquet import export_parquet

pytest_plugins = ["export.exported", "shards.packed"]


def test_a_row_has_all_fields_of_a_sample(three_corpora: Path, tmp_path: Path) -> None:
    export_parquet(packed(three_corpora / "gsm8k"), tmp_path)
    row = records(tmp_path / "gsm8k", "parquet")[1]
    members = dict(read_members(three_corpora / "gsm8k" / "gsm8k-000000.tar"))
    board = json.loads(members["gsm8k_000001.storyboard.json"])
    assert {name: row[name] for name in ("key", "index", "language", "final_answer", "frames", "fps", "width")} == {
        "key": "gsm8k_000001", "index": 1, "language": "en", "final_answer": "12", "frames": 60, "fps": 19.3,
        "width": 160,
    }  # fmt: skip
    assert (row["question"], row["answer"]) == (board["question"], board["answer"])
    assert row["inference_prompt"] == json.loads(members["gsm8k_000001.inference.json"])["prompt"]
    assert row["rendering_prompt"] == json.loads(members["gsm8k_000001.rendering.json"])["prompt"]
    assert row["words"] == len(board["words"])
    assert (row["pages"], row["prompt_frames"]) == (board["pages"], board["prompt_frames"])
    assert row["video_bytes"] == len(members["gsm8k_000001.mp4"])
    assert "video" not in row


def test_tokens_are_those_that_the_ledger_counts(three_corpora: Path, tmp_path: Path) -> None:
    export_parquet(packed(three_corpora / "belle_school_math"), tmp_path)
    rows = pq.read_table(tmp_path / "belle_school_math" / "parquet" / "belle_school_math-000000.parquet").to_pylist()
    entry = read_entry(three_corpora / "belle_school_math", 0)
    assert sum(row["prompt_tokens"] for row in rows) == entry["prompt_tokens"] > 0
    assert sum(row["answer_tokens"] for row in rows) == entry["answer_tokens"] > 0


def test_videos_have_the_bytes_of_the_shards(run: Run, three_corpora: Path, tmp_path: Path) -> None:
    run("export-parquet", three_corpora / "gsm8k", "--with-video")
    folder = tmp_path / "export" / "gsm8k"
    assert names(folder) == ["parquet"]
    assert names(folder / "parquet") == ["gsm8k-000000.parquet", "gsm8k-000001.parquet"]
    members: dict[str, bytes] = {}
    for number in (0, 1):
        members.update(read_members(three_corpora / "gsm8k" / f"gsm8k-{number:06d}.tar"))
    rows = records(folder, "parquet")
    assert [row["video"] for row in rows] == [
        {"bytes": members[f"{row['key']}.mp4"], "path": f"{row['key']}.mp4"} for row in rows
    ]
    assert len(rows) == 5


def test_row_groups_have_a_limited_size(three_shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 4)
    export_parquet(packed(three_shards / "shards" / "gsm8k"), tmp_path / "rows")
    metadata = pq.read_metadata(tmp_path / "rows" / "gsm8k" / "parquet" / "gsm8k-000000.parquet")
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [4, 2]
    monkeypatch.setattr(parquet, "ROW_GROUP_BYTES", 1000)
    export_parquet(packed(three_shards / "shards" / "gsm8k"), tmp_path / "bytes", with_video=True)
    metadata = pq.read_metadata(tmp_path / "bytes" / "gsm8k" / "parquet" / "gsm8k-000000.parquet")
    assert metadata.num_row_groups == 6
    assert len(records(tmp_path / "bytes" / "gsm8k", "parquet")) == 18


def test_a_file_is_written_again_when_its_shard_or_its_columns_change(three_shards: Path, tmp_path: Path) -> None:
    folder = copy_pack(three_shards, tmp_path)
    export_parquet(packed(folder), tmp_path / "out")
    assert export_parquet(packed(folder), tmp_path / "out", with_video=True).written == 3
    before = snapshot(tmp_path / "out")
    entry = folder / "ledger" / "gsm8k-000001.json"
    entry.write_text(json.dumps({**read_entry(folder, 1), "sha256": "0" * 64}), "utf-8")
    assert export_parquet(packed(folder), tmp_path / "out", with_video=True, check=False).written == 1
    after = snapshot(tmp_path / "out")
    assert [name for name in after if after[name] != before[name]] == ["gsm8k/parquet/gsm8k-000001.parquet"]


def test_a_slice_is_not_stored_among_the_files_of_the_shards(run: Run, three_corpora: Path, tmp_path: Path) -> None:
    run("export-parquet", three_corpora / "gsm8k")
    run("export-parquet", three_corpora / "gsm8k", "--start-idx", 2, "--num-samples", 2)
    folder = tmp_path / "export" / "gsm8k"
    assert names(folder) == ["gsm8k_video_data_2.parquet", "parquet"]
    assert len(listed_keys(folder / "parquet", "parquet")) == 5


def test_the_loader_of_hf_datasets_reads_the_folder(
    three_corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    export_parquet(packed(three_corpora / "gsm8k"), tmp_path, with_video=True)
    files = str(tmp_path / "gsm8k" / "parquet" / "*.parquet")
    loaded: Any = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded["key"][:] == [f"gsm8k_{row:06d}" for row in range(5)]
    assert loaded.features["video"] == datasets.Video()  # without a cast
    plain = loaded.cast_column("video", datasets.Video(decode=False))  # needs no torchcodec
    assert plain[0]["video"]["path"] == "gsm8k_000000.mp4"
    assert plain[0]["video"]["bytes"][4:8] == b"ftyp"


def test_videos_are_not_compressed_again(three_shards: Path, tmp_path: Path) -> None:
    export_parquet(packed(three_shards / "shards" / "gsm8k"), tmp_path, with_video=True)
    group = pq.read_metadata(tmp_path / "gsm8k" / "parquet" / "gsm8k-000000.parquet").row_group(0)
    columns = {group.column(n).path_in_schema: group.column(n) for n in range(group.num_columns)}
    assert {columns["video.bytes"].compression, columns["question"].compression} == {"UNCOMPRESSED", "ZSTD"}
    assert columns["video.bytes"].compression == "UNCOMPRESSED"
    assert not columns["video.bytes"].is_stats_set


def test_the_same_shard_gives_the_same_bytes(three_corpora: Path, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        export_parquet(packed(three_corpora / "gsm8k"), tmp_path / folder, with_video=True)
    one, two = snapshot(tmp_path / "one"), snapshot(tmp_path / "two")
    assert {name: data for name, (_, data) in one.items()} == {name: data for name, (_, data) in two.items()}

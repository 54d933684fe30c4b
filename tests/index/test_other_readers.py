"""The formats of energon, DALI and sat, compared with the members of the tars."""

from __future__ import annotations

import json
import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from index.indexed import fill_with_zeros, read_json, samples
from shards.packing import assert_two_lines, copy_pack, gsm8k, write_lamps

pytest_plugins = ["index.outputs", "shards.packed"]

ENDINGS = ("mp4", "inference.json", "rendering.json", "storyboard.json", "id")


@pytest.fixture
def folder(with_gap: Path, tmp_path: Path) -> Path:
    return copy_pack(with_gap, tmp_path)


@pytest.fixture
def database(run: Run, folder: Path) -> Path:
    run("index", "--energon")
    return folder / ".nv-meta" / "index.sqlite"


def ask(database: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        return opened.execute(query).fetchall()


def test_dali_s_offsets_point_to_the_members(run: Run, folder: Path) -> None:
    run("index", "--dali")
    for tar in folder.glob("*.tar"):
        head, *lines = tar.with_suffix(".idx").read_text().splitlines()
        found = samples(tar)
        assert head == f"v1.2 {len(found)}"
        data = tar.read_bytes()
        for line, (key, sample) in zip(lines, found.items(), strict=True):
            words = line.split(" ")
            parts = [words[at : at + 4] for at in range(0, len(words), 4)]
            assert [part[0] for part in parts] == list(ENDINGS)
            assert [part[3] for part in parts] == [f"{key}.{ending}" for ending in ENDINGS]
            cut = [data[int(offset) : int(offset) + int(size)] for _, offset, size, _ in parts]
            assert cut == [member.data for member in sample]


def test_energon_s_tar_index_points_to_the_first_headers_and_the_end(run: Run, folder: Path) -> None:
    run("index", "--energon")
    for tar in folder.glob("*.tar"):
        content = (folder / f"{tar.name}.idx").read_bytes()
        *starts, end = struct.unpack(f"<{len(content) // 8}Q", content)
        found = samples(tar)
        assert starts == [sample[0].header for sample in found.values()]
        data = tar.read_bytes()
        assert [data[start : start + 100].rstrip(b"\0").decode() for start in starts] == [f"{key}.mp4" for key in found]
        last = list(found.values())[-1][-1]
        assert end == last.offset + -(-len(last.data) // 512) * 512
        assert not any(data[end:])


def test_energon_s_rows_slice_the_right_bytes(folder: Path, database: Path) -> None:
    tars = list(read_json(folder / ".nv-meta" / ".info.json")["shard_counts"])
    assert tars == ["gsm8k-000000.tar", "gsm8k-000002.tar"]
    data = [(folder / name).read_bytes() for name in tars]
    parts = ask(
        database,
        "SELECT s.tar_file_id, s.sample_key, s.byte_offset, s.byte_size, p.part_name, p.content_byte_offset, "
        "p.content_byte_size FROM samples s JOIN sample_parts p USING (tar_file_id, sample_index) "
        "ORDER BY s.tar_file_id, s.sample_index, p.content_byte_offset",
    )
    expected = [
        (number, key, member.name.removeprefix(f"{key}."), member.data)
        for number, name in enumerate(tars)
        for key, sample in samples(folder / name).items()
        for member in sample
    ]
    assert [(n, key, ending, data[n][at : at + size]) for n, key, _, _, ending, at, size in parts] == expected
    for number, key, start, size, *_ in parts:
        assert data[number][start : start + 512].startswith(f"{key}.mp4\0".encode())
        assert data[number][start + size :].startswith((b"gsm8k_", b"\0" * 512))


def test_energon_finds_a_sample_by_its_key_in_the_columns_that_it_queries(database: Path) -> None:
    assert ask(database, "SELECT tar_file_id, sample_index FROM samples WHERE sample_key = 'gsm8k_000013'") == [(1, 1)]
    assert ask(database, "SELECT count(*), count(DISTINCT sample_key), count(DISTINCT tar_file_id) FROM samples") == [
        (10, 10, 2)
    ]
    columns = {
        table: [row[1] for row in ask(database, f"PRAGMA table_info({table})")] for table in ("samples", "sample_parts")
    }
    assert columns == {
        "samples": ["tar_file_id", "sample_key", "sample_index", "byte_offset", "byte_size"],
        "sample_parts": ["tar_file_id", "sample_index", "part_name", "content_byte_offset", "content_byte_size"],
    }


def test_energon_s_meta_files_list_each_tar_with_its_samples(run: Run, folder: Path) -> None:
    run("index", "--energon")
    meta = folder / ".nv-meta"
    assert read_json(meta / ".info.json")["shard_counts"] == {"gsm8k-000000.tar": 5, "gsm8k-000002.tar": 5}
    split = read_json(meta / "split.yaml")
    assert split["split_parts"] == {"train": ["gsm8k-000000.tar", "gsm8k-000002.tar"], "val": [], "test": []}
    assert split["exclude"] == []
    assert "__class__: VidQASample" in (meta / "dataset.yaml").read_text()
    assert len((meta / "index.uuid").read_text()) == 36


def test_energon_s_split_and_fields_can_be_edited_by_hand(run: Run, folder: Path) -> None:
    run("index", "--energon")
    meta = folder / ".nv-meta"
    (meta / "split.yaml").write_text("split_parts:\n  train: [gsm8k-000000.tar]\n  val: [gsm8k-000002.tar]\n")
    (meta / "dataset.yaml").write_text("sample_type: {}\n")
    run("index", "--energon")
    assert "clean" in run("verify").stdout
    assert "val: [gsm8k-000002.tar]" in (meta / "split.yaml").read_text()
    assert (meta / "dataset.yaml").read_text() == "sample_type: {}\n"


def test_energon_s_files_are_updated_when_a_pack_grows(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 12)
    database = tmp_path / "shards" / "gsm8k" / ".nv-meta" / "index.sqlite"
    run(*gsm8k("--num-samples", 4))
    run("index", "--energon")
    identity = database.with_suffix(".uuid").read_bytes()
    run(*gsm8k())
    assert ".nv-meta/index.uuid: out of date" in run("verify", check=False).stdout
    run("index", "--energon")
    assert ask(database, "SELECT count(*) FROM samples") == [(12,)]
    assert len(read_json(database.with_name("split.yaml"))["split_parts"]["train"]) == 2
    assert database.with_suffix(".uuid").read_bytes() != identity
    assert "clean" in run("verify").stdout


def test_sat_finds_the_caption_of_every_sample_by_its_id(run: Run, folder: Path) -> None:
    run("index", "--sat")
    for tar in folder.glob("*.tar"):
        lines = [json.loads(line) for line in tar.with_suffix(".meta.jsonl").read_bytes().splitlines()]
        found = samples(tar)
        assert [line["key"] for line in lines] == list(found)
        for line, (key, sample) in zip(lines, found.items(), strict=True):
            by_ending = {member.name.removeprefix(f"{key}."): member.data for member in sample}
            assert line["caption"] == json.loads(by_ending["rendering.json"])["prompt"]
            assert int(by_ending["id"]) == int(key.rsplit("_", 1)[1])
            assert (line["duration"], line["fps"]) == (round(60 / 19.3, 6), 19.3)


def test_sat_needs_the_id_member_and_all_leaves_it_out(run: Run, three_shards: Path, tmp_path: Path) -> None:
    folder = copy_pack(three_shards, tmp_path)
    done = run("index", "--sat", check=False)
    assert_two_lines(done)
    assert "'id' member" in done.stderr
    assert "--sat-meta" in done.stderr
    everything = run("index", "--all")
    assert everything.stderr.splitlines() == [
        "left out: sat: the samples have no 'id' member; pack with --sat-meta into another --out"
    ]
    assert list(folder.glob("*.meta.jsonl")) == []
    assert (folder / "gsm8k-000000.idx").is_file()


def test_captions_that_are_not_where_the_ledger_says_are_an_error(run: Run, folder: Path) -> None:
    fill_with_zeros(folder)
    done = run("index", "--sat", check=False)
    assert_two_lines(done)
    assert "gsm8k_000000.rendering.json is not where the ledger says" in done.stderr
    assert list(folder.glob("*.meta.jsonl")) == []

"""A last shard that --num-samples cuts short is recorded as cut, and completed by a longer run."""

from __future__ import annotations

from pathlib import Path

from conftest import Run
from shards.packing import copy_pack, entry_file, gsm8k, read_entry, snapshot, tar_hashes, write_lamps

pytest_plugins = ["shards.packed"]


def test_a_cut_shard_is_recorded_and_completed_by_a_longer_run(run: Run, tmp_path: Path, three_shards: Path) -> None:
    write_lamps(tmp_path, 18)
    folder = tmp_path / "shards" / "gsm8k"
    run(*gsm8k("--num-samples", 8))
    assert [read_entry(folder, number)["whole"] for number in (0, 1)] == [True, False]
    assert (read_entry(folder, 1)["start"], read_entry(folder, 1)["stop"]) == (6, 8)
    assert "gsm8k-000001 by --num-samples" in run("status").stdout
    assert "2 shards, 8 samples: clean" in run("verify").stdout

    first = (folder / "gsm8k-000000.tar").stat().st_mtime_ns
    assert "2 to pack, 1 already complete, of 3 shards" in run(*gsm8k()).stderr
    assert tar_hashes(folder) == tar_hashes(three_shards / "shards" / "gsm8k")
    assert read_entry(folder, 1)["whole"]
    assert (folder / "gsm8k-000000.tar").stat().st_mtime_ns == first
    assert "by --num-samples" not in run("status").stdout


def test_a_longer_cut_replaces_a_shorter_one(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    folder = tmp_path / "shards" / "gsm8k"
    run(*gsm8k("--num-samples", 2))
    run(*gsm8k("--num-samples", 4))
    assert (read_entry(folder, 0)["stop"], read_entry(folder, 0)["whole"]) == (4, False)


def test_a_shorter_run_leaves_a_longer_shard_unchanged(run: Run, tmp_path: Path, three_shards: Path) -> None:
    folder = copy_pack(three_shards, tmp_path)
    before = snapshot(folder)
    assert "0 to pack, 2 already complete, of 2 shards" in run(*gsm8k("--num-samples", 8)).stderr
    after = snapshot(folder)
    assert {name: file for name, file in after.items() if name != "summary.json"} == {
        name: file for name, file in before.items() if name != "summary.json"
    }


def test_a_last_shard_that_is_short_because_the_corpus_ends_is_not_cut(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 8)
    run(*gsm8k())
    folder = tmp_path / "shards" / "gsm8k"
    assert (read_entry(folder, 1)["stop"], read_entry(folder, 1)["whole"]) == (8, True)
    assert entry_file(folder, 1).name == "gsm8k-000001.json"


def test_more_samples_than_rows_pack_all_rows(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 8)
    run(*gsm8k("--num-samples", 500))
    assert "8 of 8: 8 samples" in run("status").stdout

"""A last shard cut short by --num-samples: recorded as such, made whole by a longer run."""

from __future__ import annotations

from pathlib import Path

from conftest import Run
from shards.packing import copy_pack, entry_file, gsm8k, read_entry, snapshot, tar_hashes, write_lamps

pytest_plugins = ["shards.packed"]


def test_a_cut_shard_is_recorded_and_made_whole_by_a_longer_run(run: Run, tmp_path: Path, three_shards: Path) -> None:
    write_lamps(tmp_path, 18)
    folder = tmp_path / "shards" / "gsm8k"
    run(*gsm8k("--num-samples", 8))
    assert [read_entry(folder, number)["whole"] for number in (0, 1)] == [True, False]
    assert (read_entry(folder, 1)["start"], read_entry(folder, 1)["stop"]) == (6, 8)
    assert "gsm8k-000001 by --num-samples" in run("status").stdout
    assert "2 shards, 8 samples: clean" in run("verify").stdout

    first = (folder / "gsm8k-000000.tar").stat().st_mtime_ns
    assert "2 of 3 shards to make, 1 stand" in run(*gsm8k()).stderr
    assert tar_hashes(folder) == tar_hashes(three_shards / "shards" / "gsm8k")
    assert read_entry(folder, 1)["whole"]
    assert (folder / "gsm8k-000000.tar").stat().st_mtime_ns == first
    assert "by --num-samples" not in run("status").stdout


def test_a_cut_shard_grows_by_another_cut(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 18)
    folder = tmp_path / "shards" / "gsm8k"
    run(*gsm8k("--num-samples", 2))
    run(*gsm8k("--num-samples", 4))
    assert (read_entry(folder, 0)["stop"], read_entry(folder, 0)["whole"]) == (4, False)


def test_a_shorter_run_leaves_a_longer_shard_as_it_is(run: Run, tmp_path: Path, three_shards: Path) -> None:
    folder = copy_pack(three_shards, tmp_path)
    before = snapshot(folder)
    assert "0 of 2 shards to make, 2 stand" in run(*gsm8k("--num-samples", 8)).stderr
    after = snapshot(folder)
    assert {name: what for name, what in after.items() if name != "summary.json"} == {
        name: what for name, what in before.items() if name != "summary.json"
    }


def test_the_corpus_s_own_short_last_shard_is_whole(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 8)
    run(*gsm8k())
    folder = tmp_path / "shards" / "gsm8k"
    assert (read_entry(folder, 1)["stop"], read_entry(folder, 1)["whole"]) == (8, True)
    assert entry_file(folder, 1).name == "gsm8k-000001.json"


def test_more_samples_than_rows_are_all_rows(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 8)
    run(*gsm8k("--num-samples", 500))
    assert "8 of 8: 8 samples" in run("status").stdout

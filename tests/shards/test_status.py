"""`vwd status`: shards done, missing and torn, the rate and the time left, for whichever folder is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from shards.packing import assert_two_lines, copy_pack, entry_file, gsm8k, write_lamps

pytest_plugins = ["shards.packed"]


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    return copy_pack(three_shards, tmp_path)


def read_status(run: Run, *folder: object) -> dict[str, Any]:
    (status,) = json.loads(run("status", *folder, "--json").stdout)
    return dict(status)


def test_a_complete_output_is_done(run: Run, folder: Path) -> None:
    shown = run("status").stdout
    assert shown.splitlines()[0] == "gsm8k"
    assert "3 of 3 done, 0 missing, 0 torn" in shown
    assert "18 of 18: 18 samples" in shown
    assert "samples/s recently, done" in shown
    status = read_status(run)
    assert (status["done"], status["missing"], status["torn"], status["cut"]) == (3, 0, [], [])
    assert (status["rows"], status["corpus_rows"], status["samples"], status["shards"]) == (18, 18, 18, 3)
    assert status["bytes"] == sum(tar.stat().st_size for tar in folder.glob("*.tar"))
    assert status["samples_per_second"] > 0
    assert status["seconds_left"] in (0, None)


def test_torn_and_missing_shards_are_distinguished(run: Run, folder: Path) -> None:
    (folder / "gsm8k-000000.tar").write_bytes(b"")
    (folder / "gsm8k-000002.tar").unlink()
    entry_file(folder, 2).unlink()
    shown = run("status").stdout
    assert "1 of 3 done, 1 missing, 1 torn" in shown
    assert "gsm8k-000000: 'vwd pack' packs them again" in shown
    assert "6 of 18: 6 samples" in shown
    assert read_status(run)["torn"] == ["gsm8k-000000"]
    assert read_status(run)["seconds_left"] >= 0


def test_a_tar_without_its_entry_is_torn(run: Run, folder: Path) -> None:
    entry_file(folder, 1).unlink()
    status = read_status(run)
    assert (status["done"], status["missing"], status["torn"]) == (2, 0, ["gsm8k-000001"])


def test_an_empty_output_is_not_reported_as_done(run: Run, folder: Path) -> None:
    for path in [*folder.glob("*.tar"), *folder.glob("ledger/*")]:
        path.unlink()
    shown = run("status").stdout
    assert "0 of 3 done, 3 missing, 0 torn" in shown
    assert "recently, done" not in shown
    assert read_status(run)["seconds_left"] is None


def test_an_output_with_one_quick_shard_left_is_not_reported_as_done(run: Run, folder: Path) -> None:
    (folder / "gsm8k-000001.tar").unlink()
    shown = run("status").stdout
    assert "2 of 3 done, 0 missing, 1 torn" in shown
    assert "recently, done" not in shown


def test_the_time_left_follows_from_the_rate(run: Run, folder: Path) -> None:
    for number, finished in ((0, 1000.0), (1, 1010.0)):
        entry = json.loads(entry_file(folder, number).read_bytes())
        changed = {**entry, "finished": finished, "seconds": 10.0}
        entry_file(folder, number).write_text(json.dumps(changed), "utf-8")
    (folder / "gsm8k-000002.tar").unlink()
    entry_file(folder, 2).unlink()
    status = read_status(run)
    assert status["samples_per_second"] == 0.6  # 12 samples from second 990 to 1010
    assert status["seconds_left"] == 10.0
    assert "about 10 s left" in run("status").stdout


def test_the_base_folder_the_folder_of_a_dataset_and_no_folder_mean_the_same(run: Run, folder: Path) -> None:
    default = read_status(run)
    for given in ("shards", "shards/gsm8k", folder, folder.parent):
        assert read_status(run, given) == default


def test_a_base_folder_shows_each_of_its_datasets(run: Run, folder: Path, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    run("pack", "lamps", "--rows", "rows.jsonl", "--prompt-column", "question", "--answer-column", "answer",
        "--language", "en", "--num-workers", 1)  # fmt: skip
    shown = run("status").stdout
    assert [line for line in shown.splitlines() if not line.startswith(" ")] == ["gsm8k", "lamps"]
    assert [status["dataset"] for status in json.loads(run("status", "--json").stdout)] == ["gsm8k", "lamps"]
    assert read_status(run, "shards/lamps")["samples"] == 6


@pytest.mark.parametrize("command", ["status", "verify", "export-jsonl"])
@pytest.mark.parametrize("folder_exists", [True, False])
def test_a_folder_without_any_output_is_reported_in_two_lines(
    run: Run, tmp_path: Path, command: str, folder_exists: bool
) -> None:
    if folder_exists:
        (tmp_path / "shards" / "empty").mkdir(parents=True)
    done = run(command, check=False)
    assert_two_lines(done)
    assert "vwd pack" in done.stderr


def test_status_follows_a_resumed_run(run: Run, folder: Path) -> None:
    (folder / "gsm8k-000001.tar").unlink()
    entry_file(folder, 1).unlink()
    assert read_status(run)["missing"] == 1
    run(*gsm8k())
    assert read_status(run)["missing"] == 0

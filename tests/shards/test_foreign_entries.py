"""A ledger entry is never believed: every reader judges it by its name, the plan and the tar."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from shards.packing import assert_two_lines, copy_pack, entry_file, gsm8k, read_entry, tar_hashes

from vwd.errors import OutputError
from vwd.stream import open_shards

pytest_plugins = ["shards.packed"]

SIDECARS = ("SHA256SUMS", "sizes.json", "shardindex.json", "README.md")


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    """A packed output without sidecars, which may be damaged."""
    made = copy_pack(three_shards, tmp_path)
    for name in SIDECARS:
        (made / name).unlink()
    return made


def swap(folder: Path, a: int, b: int) -> None:
    """Two shards change places, tars and entries."""
    for pattern in ("gsm8k-{:06d}.tar", "ledger/gsm8k-{:06d}.json"):
        first, second = folder / pattern.format(a), folder / pattern.format(b)
        first.rename(folder / "x")
        second.rename(first)
        (folder / "x").rename(second)


def edit(folder: Path, shard: int, **changes: Any) -> None:
    entry_file(folder, shard).write_text(json.dumps({**read_entry(folder, shard), **changes}), "utf-8")


def test_swapped_shards_are_foreign_and_packed_again(run: Run, folder: Path, three_shards: Path) -> None:
    swap(folder, 0, 1)
    verified = run("verify", check=False)
    assert verified.returncode == 1
    assert "gsm8k-000000: foreign: " in verified.stdout
    assert "$.number is 1: the entry of another shard" in verified.stdout
    (status,) = json.loads(run("status", "--json").stdout)
    assert (status["done"], status["foreign"], status["missing"]) == (1, ["gsm8k-000000", "gsm8k-000001"], 0)
    assert "2 to pack, 1 already complete" in run(*gsm8k()).stderr
    assert tar_hashes(folder) == tar_hashes(three_shards / "shards" / "gsm8k")
    assert "18 samples: clean" in run("verify").stdout


def test_a_copied_shard_is_foreign_to_every_reader(run: Run, folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "gsm8k-000000.tar", folder / "gsm8k-000020.tar")
    shutil.copy(entry_file(folder, 0), entry_file(folder, 20))
    assert run("verify", check=False).returncode == 1
    indexed = run("index", check=False)
    assert_two_lines(indexed)
    assert "foreign: gsm8k-000020" in indexed.stderr
    assert "Remove the entries and tars of gsm8k-000020" in indexed.stderr
    assert "no such shards; remove their entries and tars" in run("status").stdout
    exported = run("export-jsonl", check=False)
    assert exported.returncode == 1
    assert "gsm8k-000020 is foreign" in exported.stderr
    assert "'vwd pack'" not in exported.stderr  # no run would ever replace it
    assert "18 samples" in exported.stdout
    with pytest.raises(OutputError, match="gsm8k-000020 is foreign"):
        open_shards(folder)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"number": 2}, "$.number is 2"),
        ({"start": 0, "stop": 6}, "$.start, $.stop: rows 0 to 6 are not of this shard, 6 to 12"),
        ({"start": 6, "stop": 18, "samples": 12}, "$.start, $.stop: rows 6 to 18 are not of this shard"),
        ({"whole": False}, "$.whole is False for rows 6 to 12"),
        ({"samples": 5, "skips": {"bad_row": [{"index": 17, "detail": "x"}]}}, "$.skips has a row outside 6 to 12"),
        ({"samples": 4, "skips": {"bad_row": [{"index": 7, "detail": "x"}] * 2}}, "$.skips has a row twice"),
        ({"bytes": 0}, "$.bytes is 0"),
    ],
)
def test_an_entry_that_does_not_fit_the_plan_is_foreign(
    run: Run, folder: Path, changes: dict[str, Any], problem: str
) -> None:
    edit(folder, 1, **changes)
    verified = run("verify", check=False)
    assert verified.returncode == 1
    assert f"ledger/gsm8k-000001.json: {problem}" in verified.stdout


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"samples": "6"}, "$.samples"),
        ({"samples": -1}, "$.samples"),
        ({"bytes": 2**70}, "$.bytes"),
        ({"sha256": "no hash"}, "$.sha256"),
        ({"skips": {"no_such_code": []}}, "$.skips"),
        ({"skips": {"bad_row": [{"index": None, "detail": ""}]}}, "$.skips"),
        ({"writer": 7}, "$.writer"),
        ({"seconds": -1.0}, "$.seconds"),
    ],
)
def test_a_damaged_entry_is_torn_and_its_file_and_field_are_named(
    run: Run, folder: Path, changes: dict[str, Any], field: str
) -> None:
    edit(folder, 1, **changes)
    verified = run("verify", check=False)
    assert verified.returncode == 1
    (line,) = [line for line in verified.stdout.splitlines() if "gsm8k-000001: the ledger entry" in line]
    assert "ledger/gsm8k-000001.json" in line
    assert field in line
    assert "1 to pack" in run(*gsm8k()).stderr


def test_a_tar_of_zeros_is_torn_for_status_and_every_export(run: Run, folder: Path) -> None:
    tar = folder / "gsm8k-000000.tar"
    content = tar.read_bytes()
    tar.write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))
    (status,) = json.loads(run("status", "--json").stdout)
    assert status["torn"] == ["gsm8k-000000"]
    for verb in ("export-jsonl", "export-parquet", "export-opensora", "export-sat"):
        exported = run(verb, "--base-dir", verb, check=False)
        assert exported.returncode == 1
        assert "gsm8k-000000 is torn (the tar ends in zeros" in exported.stderr


def test_verify_never_calls_an_output_without_samples_clean(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"question": "How many?", "answer": ""}\n' * 6, "utf-8")
    packed = run(*gsm8k(), check=False)
    assert packed.returncode == 1
    assert "all 6 rows were skipped (empty_text 6); row 0: no answer" in packed.stderr
    verified = run("verify", check=False)
    assert verified.returncode == 1
    assert "clean" not in verified.stdout
    assert "every row was skipped" in verified.stdout


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("shard_size", 0),
        ("shard_size", "6"),
        ("rows", -1),
        ("members", []),
        ("members", "mp4"),
        ("video", {}),
        ("video", {"width": 160, "height": 120, "frames": 60, "fps": "1/0"}),
        ("shuffle_seed", 1.5),
        ("format", 99),
    ],
)
@pytest.mark.parametrize("verb", ["status", "verify", "index", "export-jsonl"])
def test_a_damaged_contract_is_an_error_that_names_its_field(
    run: Run, folder: Path, field: str, value: object, verb: str
) -> None:
    contract = json.loads((folder / "pack.json").read_bytes())
    (folder / "pack.json").write_text(json.dumps({**contract, field: value}), "utf-8")
    done = run(verb, check=False)
    assert_two_lines(done)
    assert "pack.json" in done.stderr
    assert field in done.stderr


def test_a_renamed_folder_keeps_its_dataset(run: Run, folder: Path, tmp_path: Path) -> None:
    folder.rename(folder.with_name("moved"))
    (status,) = json.loads(run("status", "--json").stdout)
    assert (status["dataset"], status["done"]) == ("gsm8k", 3)
    assert "18 samples: clean" in run("verify", "shards/moved").stdout
    assert "18 samples" in run("export-jsonl", "shards/moved").stdout
    assert len(list((tmp_path / "export" / "gsm8k" / "video").iterdir())) == 18
    assert len(list(open_shards(tmp_path / "shards" / "moved", frames=1))) == 18

"""`--split`: another split of a corpus, under a name of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Run, write_rows
from corpora.hubs import caches
from shards.packing import assert_two_lines, lamp_rows

from vwd.corpora.registry import find_corpus, find_split
from vwd.errors import UsageError

PACK = ("--size", "160x120", "--font-size", 16, "--frames", 60, "--num-workers", 1)


@pytest.fixture
def hub(tmp_path: Path) -> dict[str, str]:
    """A folder with two splits in place of gsm8k's dataset on the hub."""
    folder = tmp_path / "hub"
    folder.mkdir()
    write_rows(folder / "train.jsonl", lamp_rows(5))
    write_rows(folder / "test.jsonl", lamp_rows(8)[5:])
    return {"VWD_HF_DATASET_ID_GSM8K": str(folder), **caches(tmp_path)}


def test_a_split_is_packed_under_its_own_name_and_keys(run: Run, tmp_path: Path, hub: dict[str, str]) -> None:
    run("pack", "gsm8k", *PACK, **hub)
    run("pack", "gsm8k", "--split", "test", *PACK, **hub)
    contracts = {
        name: json.loads((tmp_path / "shards" / name / "pack.json").read_bytes()) for name in ("gsm8k", "gsm8k_test")
    }
    assert {name: (one["rows"], one["source"]["split"]) for name, one in contracts.items()} == {
        "gsm8k": (5, "train"), "gsm8k_test": (3, "test")
    }  # fmt: skip
    assert (tmp_path / "shards" / "gsm8k_test" / "gsm8k_test-000000.tar").is_file()
    run("verify")


def test_a_copy_of_a_split_is_not_the_corpuss(run: Run, tmp_path: Path, hub: dict[str, str]) -> None:
    run("download", "gsm8k", "--split", "test", **hub)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["gsm8k_test"]
    run("pack", "gsm8k", "--split", "test", *PACK, **caches(tmp_path))
    contract = json.loads((tmp_path / "shards" / "gsm8k_test" / "pack.json").read_bytes())
    assert (contract["dataset"], contract["rows"]) == ("gsm8k_test", 3)


def test_a_split_that_is_not_there_is_named_with_those_that_are(run: Run, hub: dict[str, str]) -> None:
    done = run("pack", "gsm8k", "--split", "validation", *PACK, check=False, **hub)
    assert_two_lines(done)
    assert "train" in done.stderr
    assert "test" in done.stderr


def test_the_usual_split_is_the_corpus_itself() -> None:
    assert find_split("gsm8k", "train") == find_corpus("gsm8k")
    assert find_split("gsm8k_test", "test") == find_split("gsm8k", "test")
    with pytest.raises(UsageError):
        find_split("gsm8k", "Test set")

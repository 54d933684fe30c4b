"""An entry that was copied from another output, or whose sizes are another shard's, is redone by the next run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, write_rows
from shards.packing import copy_pack, entry_file, gsm8k, lamp_rows, read_entry, tar_hashes

from vwd.shards.contract import Appended
from vwd.shards.contract_file import read_contract
from vwd.shards.paths import OutputPaths

pytest_plugins = ["shards.packed"]


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    """A packed output, which may be damaged."""
    return copy_pack(three_shards, tmp_path)


def edit(folder: Path, shard: int, **changes: Any) -> None:
    entry_file(folder, shard).write_text(json.dumps({**read_entry(folder, shard), **changes}), "utf-8")


def assert_redone(run: Run, folder: Path, three_shards: Path, problem: str, shards: int = 1) -> None:
    verified = run("verify", check=False)
    assert verified.returncode == 1
    assert problem in verified.stdout
    assert f"{shards} to pack" in run(*gsm8k()).stderr
    assert tar_hashes(folder) == tar_hashes(three_shards / "shards" / "gsm8k")
    assert "18 samples: clean" in run("verify").stdout


def test_a_shard_of_another_output_is_foreign(run: Run, folder: Path, three_shards: Path, tmp_path: Path) -> None:
    others = write_rows(tmp_path / "others.jsonl", lamp_rows(18)[::-1])
    run(*gsm8k("--rows", others, "--out", "others"))
    for name in ("gsm8k-000001.tar", "ledger/gsm8k-000001.json"):
        shutil.copy(tmp_path / "others" / "gsm8k" / name, folder / name)
    exported = run("export-jsonl", check=False)
    assert exported.returncode == 1
    assert "gsm8k-000001 is foreign" in exported.stderr
    assert_redone(run, folder, three_shards, "the entry of another output")


def test_an_entry_with_the_sizes_of_another_shard_is_foreign(run: Run, folder: Path, three_shards: Path) -> None:
    edit(folder, 1, sizes=read_entry(folder, 0)["sizes"])
    assert_redone(run, folder, three_shards, "$.sizes is of rows 0 to 5, not 6 to 11")


@pytest.mark.parametrize("checksums", ["", "AAAA"])
def test_an_entry_that_has_lost_its_checksums_is_foreign(
    run: Run, folder: Path, three_shards: Path, checksums: str
) -> None:
    edit(folder, 1, checksums=checksums)
    assert_redone(run, folder, three_shards, f"$.checksums has {len(checksums)} characters")


def test_an_output_whose_entries_name_no_contract_is_read_and_resumed(run: Run, folder: Path) -> None:
    for shard in range(3):
        entry = read_entry(folder, shard)
        del entry["contract"]
        entry_file(folder, shard).write_text(json.dumps(entry), "utf-8")
    assert "18 samples: clean" in run("verify").stdout
    assert "0 to pack, 3 already complete" in run(*gsm8k()).stderr


def test_an_identity_stays_when_rows_are_added_and_changes_with_any_setting(folder: Path) -> None:
    from dataclasses import replace

    contract = read_contract(OutputPaths(folder.parent, "gsm8k"))
    before = Appended(contract.rows or 0, dict(contract.source))
    longer = replace(contract, rows=40, source={"kind": "file", "sha256": "0" * 64}, appended=(before,))
    assert longer.identity == contract.identity
    # As later outputs may name a default that older ones leave out.
    assert replace(contract, storyboard={**contract.storyboard, "pace": "word"}).identity == contract.identity
    others = [
        replace(contract, source={"kind": "file", "sha256": "0" * 64}), replace(contract, rows=17),
        replace(contract, storyboard={**contract.storyboard, "pace": "fit"}), replace(contract, shuffle_seed=1),
    ]  # fmt: skip
    assert len({one.identity for one in [contract, *others]}) == 5


def test_rows_are_added_to_an_output_whose_entries_name_it(run: Run, folder: Path, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", lamp_rows(24))
    assert "1 to pack, 3 already complete" in run(*gsm8k("--append")).stderr
    assert "0 to pack, 4 already complete" in run(*gsm8k()).stderr
    assert "24 samples: clean" in run("verify").stdout

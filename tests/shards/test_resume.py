"""The same command again: complete shards are left unchanged, torn ones are packed again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run
from shards.packing import copy_pack, entry_file, gsm8k, snapshot, tar_hashes

from vwd.shards.ledger import State, open_ledger
from vwd.shards.paths import OutputPaths

pytest_plugins = ["shards.packed"]


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    """A dataset's folder with three shards, which a test may damage."""
    return copy_pack(three_shards, tmp_path)


def cut_tar(folder: Path) -> None:
    tar = folder / "gsm8k-000001.tar"
    tar.write_bytes(tar.read_bytes()[:-1024])


def delete_tar(folder: Path) -> None:
    (folder / "gsm8k-000001.tar").unlink()


def delete_entry(folder: Path) -> None:
    entry_file(folder, 1).unlink()


def corrupt_entry(folder: Path) -> None:
    entry_file(folder, 1).write_bytes(b'{"number": 1, "start"')


def test_complete_shards_are_left_unchanged(run: Run, folder: Path) -> None:
    before = {name: file for name, file in snapshot(folder).items() if name != "summary.json"}
    done = run(*gsm8k())
    assert "0 to pack, 3 already complete, of 3 shards" in done.stderr
    after = snapshot(folder)
    assert {name: after[name] for name in before} == before
    assert set(after) == {*before, "summary.json"}


@pytest.mark.parametrize("damage", [cut_tar, delete_tar, delete_entry, corrupt_entry])
def test_only_a_torn_shard_is_packed_again(
    run: Run, folder: Path, three_shards: Path, damage: Callable[[Path], None]
) -> None:
    times = {tar.name: tar.stat().st_mtime_ns for tar in folder.glob("*.tar")}
    damage(folder)
    done = run(*gsm8k())
    assert "1 to pack, 2 already complete, of 3 shards" in done.stderr
    assert tar_hashes(folder) == tar_hashes(three_shards / "shards" / "gsm8k")
    changed = [name for name, time in times.items() if (folder / name).stat().st_mtime_ns != time]
    assert changed == ["gsm8k-000001.tar"]
    assert "3 shards, 18 samples: clean" in run("verify").stdout


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"null", b"7", b"[]", b"{}", b'{"skips": {}}', b'{"skips": []}', b'{"skips": null}',
     b'{"skips": {"no_such_code": [{"index": 1, "detail": ""}]}}', b"[" * 200_000],
)  # fmt: skip
def test_a_shard_with_an_unreadable_entry_is_torn(folder: Path, content: bytes) -> None:
    entry_file(folder, 1).write_bytes(content)
    found = open_ledger(OutputPaths(folder.parent, "gsm8k")).lookup(1)
    assert (found.state, found.entry) == (State.TORN, None)
    assert str(entry_file(folder, 1)) in found.problem


def test_a_shard_whose_entry_does_not_add_up_is_torn(folder: Path) -> None:
    entry = json.loads(entry_file(folder, 1).read_bytes())
    entry_file(folder, 1).write_text(json.dumps({**entry, "samples": entry["samples"] - 1}), "utf-8")
    found = open_ledger(OutputPaths(folder.parent, "gsm8k")).lookup(1)
    assert (found.state, found.entry) == (State.TORN, None)
    assert str(entry_file(folder, 1)) in found.problem


def test_a_flipped_byte_is_found_by_verify_and_repaired_by_check(run: Run, folder: Path, three_shards: Path) -> None:
    tar = folder / "gsm8k-000002.tar"
    data = bytearray(tar.read_bytes())
    data[len(data) // 2] ^= 1
    tar.write_bytes(data)
    found = run("verify", check=False)
    assert found.returncode == 1
    assert "gsm8k-000002: the sha256 differs from the ledger's" in found.stdout
    assert "--check" in found.stderr
    assert "0 to pack, 3 already complete, of 3 shards" in run(*gsm8k()).stderr
    assert "1 to pack, 2 already complete, of 3 shards" in run(*gsm8k("--check")).stderr
    assert tar_hashes(folder) == tar_hashes(three_shards / "shards" / "gsm8k")


@pytest.mark.parametrize("command", ["status", "verify", "export-jsonl"])
def test_an_unrelated_file_beside_the_entries_is_ignored(run: Run, folder: Path, command: str) -> None:
    (folder / "ledger" / "gsm8k-000000 copy.json").write_bytes(entry_file(folder, 0).read_bytes())
    assert run(command).returncode == 0

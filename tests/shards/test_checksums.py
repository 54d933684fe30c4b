"""Every member has a checksum in the ledger: verify, exports and, by option, training find a flipped bit."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from conftest import Run
from hypothesis import given
from hypothesis import strategies as st
from shards.packing import assert_two_lines, copy_pack, read_entry

from vwd.errors import ShardError
from vwd.shards.checksums import Checksums, format_checksums, member_checksums

pytest_plugins = ["shards.packed"]


@pytest.fixture
def flipped(three_shards: Path, tmp_path: Path) -> Path:
    """An output in which one bit of the first sample's video is another."""
    folder = copy_pack(three_shards, tmp_path)
    tar = folder / "gsm8k-000000.tar"
    with tarfile.open(tar) as opened:
        member = opened.getmembers()[0]
    content = bytearray(tar.read_bytes())
    content[member.offset_data + member.size // 2] ^= 16
    tar.write_bytes(content)
    return folder


def test_verify_names_the_member_with_the_flipped_bit(run: Run, flipped: Path) -> None:
    verified = run("verify", check=False)
    assert verified.returncode == 1
    assert "gsm8k-000000: gsm8k_000000.mp4: differs from what was packed" in verified.stdout


@pytest.mark.parametrize("verb", ["export-jsonl", "export-parquet", "export-opensora", "export-sat"])
def test_an_export_refuses_the_shard_unless_it_was_told_not_to_check(run: Run, flipped: Path, verb: str) -> None:
    done = run(verb, check=False)
    assert_two_lines(done)
    assert "the sha256 differs from the ledger's" in done.stderr
    assert run(verb, "--no-check", "--base-dir", "unchecked").returncode == 0


def test_training_finds_it_where_it_checks(flipped: Path) -> None:
    pytest.importorskip("torch")
    from vwd.stream import ShardDataset

    for reading in ("offset", "stream"):
        data = ShardDataset(flipped, shuffle=0, frames=1, reading=reading, check=True)
        with pytest.raises(ShardError, match=r"mp4 differs from what was packed"):
            data[0]
        assert data[1]["key"] == "gsm8k_000001"
        skipping = ShardDataset(flipped, shuffle=0, frames=1, reading=reading, check=True, on_error="replace")
        assert skipping[0]["key"] == "gsm8k_000001"
        assert skipping.failures == 1


def test_an_output_of_format_2_has_no_checksums_and_is_read_all_the_same(
    run: Run, three_shards: Path, tmp_path: Path
) -> None:
    import json

    folder = copy_pack(three_shards, tmp_path)
    contract = json.loads((folder / "pack.json").read_bytes())
    (folder / "pack.json").write_text(json.dumps({**contract, "format": 2}), "utf-8")
    for number in range(3):
        entry = read_entry(folder, number)
        del entry["checksums"], entry["contract"]
        (folder / "ledger" / f"gsm8k-{number:06d}.json").write_text(json.dumps(entry), "utf-8")
    assert "18 samples: clean" in run("verify").stdout
    assert "18 samples" in run("export-jsonl").stdout


@given(st.lists(st.lists(st.binary(max_size=40), min_size=2, max_size=2), max_size=5), st.data())
def test_any_other_content_of_a_member_is_found(samples: list[list[bytes]], data: st.DataObject) -> None:
    text = format_checksums(b"".join(member_checksums(members) for members in samples))
    checksums = Checksums(text, len(samples), ("a", "b"))
    for number, (a, b) in enumerate(samples):
        assert checksums.differing(number, {"a": a, "b": b}) == ""
        assert checksums.differing(number, {"b": b + b"\0"}) == "b"


@pytest.mark.parametrize("text", ["AAAA", "not base64!", "AAAAAAAAAAA="])
def test_checksums_of_another_length_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\$\.checksums"):
        Checksums(text, 3, ("a", "b"))

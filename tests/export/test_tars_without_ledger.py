"""Tars without a ledger can be exported too; missing and duplicate samples in them are reported."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import Run
from export.exporting import lines, names
from shards.damage import member_border
from shards.packing import assert_two_lines

pytest_plugins = ["shards.packed"]


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    """A dataset's folder with three tars and nothing else."""
    folder = tmp_path / "shards" / "gsm8k"
    folder.mkdir(parents=True)
    for tar in (three_shards / "shards" / "gsm8k").glob("*.tar"):
        shutil.copy(tar, folder)
    return folder


@pytest.mark.parametrize("where", ["shards", "shards/gsm8k"])
def test_bare_tars_export_like_packed_ones(
    run: Run, folder: Path, three_shards: Path, tmp_path: Path, where: str
) -> None:
    run("export-jsonl", where)
    run("export-jsonl", three_shards / "shards", "--base-dir", "packed")
    bare, packed = tmp_path / "export" / "gsm8k", tmp_path / "packed" / "gsm8k"
    assert names(bare) == names(packed)
    assert names(bare / "video") == names(packed / "video") == [f"gsm8k_{row:06d}.mp4" for row in range(18)]
    for video in (bare / "video").iterdir():
        assert video.read_bytes() == (packed / "video" / video.name).read_bytes()


def test_a_slice_of_bare_tars_is_one_pair_of_lists(run: Run, folder: Path, tmp_path: Path) -> None:
    run("export-jsonl", "--start-idx", 4, "--num-samples", 5)
    (listing,) = (tmp_path / "export" / "gsm8k").glob("gsm8k_inference_*")
    assert listing.name == "gsm8k_inference_video_data_4.jsonl"
    assert [Path(record["video_path"]).stem for record in lines(listing)] == [f"gsm8k_{row:06d}" for row in range(4, 9)]


def test_a_bare_tar_cut_within_a_member_is_refused(run: Run, folder: Path) -> None:
    tar = folder / "gsm8k-000000.tar"
    tar.write_bytes(tar.read_bytes()[: member_border(tar, 9) - 700])
    assert_two_lines(run("export-jsonl", check=False))


@pytest.mark.parametrize("member", [8, 12])
def test_a_bare_tar_cut_where_a_sample_ends_is_refused(run: Run, folder: Path, member: int) -> None:
    tar = folder / "gsm8k-000000.tar"
    tar.write_bytes(tar.read_bytes()[: member_border(tar, member)])
    assert_two_lines(run("export-jsonl", check=False))


def test_a_damaged_header_in_a_bare_tar_does_not_hide_the_samples_after_it(run: Run, folder: Path) -> None:
    break_header(folder / "gsm8k-000001.tar", 8)
    assert_two_lines(run("export-jsonl", check=False))


def test_a_damaged_header_in_a_packed_tar_does_not_hide_the_samples_after_it(
    run: Run, three_shards: Path, tmp_path: Path
) -> None:
    shutil.copytree(three_shards / "shards", tmp_path / "shards")
    break_header(tmp_path / "shards" / "gsm8k" / "gsm8k-000001.tar", 8)
    done = run("export-jsonl", check=False)
    assert done.returncode == 1
    assert "gsm8k-000001" in done.stderr


def test_a_sample_that_is_in_two_bare_tars_is_refused(run: Run, folder: Path) -> None:
    shutil.copy(folder / "gsm8k-000000.tar", folder / "gsm8k-000003.tar")
    assert_two_lines(run("export-jsonl", check=False))


def break_header(tar: Path, member: int) -> None:
    """Flips a byte in a member's header, whose checksum is then wrong. The tar's size stays."""
    data = bytearray(tar.read_bytes())
    data[member_border(tar, member) + 3] ^= 1
    tar.write_bytes(data)

"""A full or read-only disk: two lines, and no torn sidecar."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli.test_bad_disks import disk, fill, mount  # noqa: F401
from conftest import Run
from index.indexed import sidecars
from shards.packing import assert_two_lines, copy_pack, temp_files

pytest_plugins = ["index.outputs"]
KINDS = ["--webdataset", "--energon", "--dali", "--sat"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_reported_in_two_lines(run: Run, with_gap: Path, disk: Path, kind: str) -> None:  # noqa: F811
    assert mount("-o", "remount,size=20m", disk)
    folder = copy_pack(with_gap, disk)
    (folder / "SHA256SUMS").write_text("old")
    (folder / "sizes.json").write_text("old")
    before = sidecars(folder)
    fill(disk, leave=0)
    done = run("index", disk / "shards", kind, check=False)
    assert_two_lines(done)
    assert "full" in done.stderr or "No space left on device" in done.stderr
    assert "Free some space" in done.stderr
    assert temp_files(disk) == []
    assert sidecars(folder) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_read_only_disk_is_reported_in_two_lines(run: Run, with_gap: Path, disk: Path, kind: str) -> None:  # noqa: F811
    assert mount("-o", "remount,size=20m", disk)
    (copy_pack(with_gap, disk) / "SHA256SUMS").unlink()
    assert mount("-o", "remount,ro", disk)
    done = run("index", disk / "shards", kind, check=False)
    assert_two_lines(done)
    assert "Read-only file system" in done.stderr


def test_a_file_in_place_of_a_folder_is_reported_in_two_lines(run: Run, with_gap: Path, tmp_path: Path) -> None:
    folder = copy_pack(with_gap, tmp_path)
    (folder / ".nv-meta").write_text("in the way")
    done = run("index", "--energon", check=False)
    assert_two_lines(done)
    assert ".nv-meta" in done.stderr

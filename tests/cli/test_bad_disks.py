"""A read-only or full disk: a message, exit code 1, and no torn file under a final name."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Run
from shards.packing import assert_two_lines, copy_pack, gsm8k, tar_hashes, temp_files, write_lamps

pytest_plugins = ["shards.packed"]


def mount(*arguments: object) -> bool:
    try:
        return subprocess.run(["mount", *map(str, arguments)], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 kB at `tmp_path/disk`, which may be remounted with other options."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or not mount("-t", "tmpfs", "-o", "size=300k", "vwd-test", folder):
        pytest.skip("cannot mount a small disk: this needs root and the right to mount")
    yield folder
    subprocess.run(["umount", folder], check=False)


def fill(disk: Path, leave: int) -> Path:
    """Fills a disk until only `leave` bytes are free. Returns the file that fills it."""
    free = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(b"\0" * (free.f_bavail * free.f_frsize - leave))
    return filler


def test_a_disk_that_fills_up_ends_the_run_and_finished_shards_are_good(
    run: Run, tmp_path: Path, three_shards: Path, disk: Path
) -> None:
    write_lamps(tmp_path, 18)
    expected = tar_hashes(three_shards / "shards" / "gsm8k")
    shard = (three_shards / "shards" / "gsm8k" / "gsm8k-000000.tar").stat().st_size
    filler = fill(disk, leave=int(shard * 1.5))
    done = run(*gsm8k("--out", disk), check=False)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Free some space" in done.stderr
    folder = disk / "gsm8k"
    assert tar_hashes(folder).items() <= expected.items()
    assert len(tar_hashes(folder)) < 3
    assert temp_files(folder) == []
    assert "clean" in run("verify", disk).stdout
    assert "0 torn" in run("status", disk).stdout

    filler.unlink()
    assert mount("-o", "remount,size=20m", disk)
    run(*gsm8k("--out", disk))
    assert tar_hashes(folder) == expected
    assert "Traceback" not in done.stderr


def test_a_disk_that_is_full_from_the_start_is_reported_in_two_lines(run: Run, tmp_path: Path, disk: Path) -> None:
    write_lamps(tmp_path, 6)
    fill(disk, leave=0)
    done = run(*gsm8k("--out", disk), check=False)
    assert_two_lines(done)
    assert "No space left on device" in done.stderr
    assert [path.name for path in disk.rglob("*") if path.is_file()] == ["filler"]


def test_a_full_temporary_folder_is_reported_as_such(run: Run, tmp_path: Path, disk: Path) -> None:
    write_lamps(tmp_path, 6)
    fill(disk, leave=4096)
    done = run(*gsm8k("--encoder", "opencv"), check=False, TMPDIR=str(disk))
    assert done.returncode == 1
    assert "space" in done.stderr.lower()
    assert "report" not in done.stderr
    assert "`" not in done.stderr
    assert tar_hashes(tmp_path / "shards" / "gsm8k") == {}


def test_a_read_only_disk_is_reported_in_two_lines(run: Run, tmp_path: Path, disk: Path) -> None:
    write_lamps(tmp_path, 6)
    assert mount("-o", "remount,ro", disk)
    done = run(*gsm8k("--out", disk / "shards"), check=False)
    assert_two_lines(done)
    assert "Read-only file system" in done.stderr


def test_an_output_on_a_read_only_disk_can_be_read(run: Run, tmp_path: Path, three_shards: Path, disk: Path) -> None:
    assert mount("-o", "remount,size=20m", disk)
    copy_pack(three_shards, disk)
    assert mount("-o", "remount,ro", disk)
    assert "3 of 3 done" in run("status", disk / "shards").stdout
    assert "clean" in run("verify", disk / "shards").stdout
    assert run("export-jsonl", disk / "shards").returncode == 0
    done = run("export-jsonl", disk / "shards", "--base-dir", disk / "export", check=False)
    assert_two_lines(done)
    assert "Read-only file system" in done.stderr


def test_an_export_to_a_full_disk_leaves_no_torn_video(
    run: Run, tmp_path: Path, three_shards: Path, disk: Path
) -> None:
    copy_pack(three_shards, tmp_path)
    fill(disk, leave=60_000)
    done = run("export-jsonl", "--base-dir", disk, check=False)
    assert_two_lines(done)
    assert "No space left on device" in done.stderr
    run("export-jsonl", "--base-dir", "complete")
    for video in (disk / "gsm8k" / "video").iterdir():
        assert video.read_bytes() == (tmp_path / "complete" / "gsm8k" / "video" / video.name).read_bytes()
    assert temp_files(disk) == []


@pytest.mark.parametrize("in_the_way", ["shards/gsm8k", "shards/gsm8k/ledger"])
def test_a_file_in_place_of_a_folder_is_reported_in_two_lines(run: Run, tmp_path: Path, in_the_way: str) -> None:
    write_lamps(tmp_path, 6)
    file = tmp_path / in_the_way
    file.parent.mkdir(parents=True)
    file.write_text("in the way")
    done = run(*gsm8k(), check=False)
    assert_two_lines(done)
    assert "shards/gsm8k" in done.stderr
    assert file.read_text() == "in the way"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to any folder")
def test_a_folder_without_write_permission_is_reported_in_two_lines(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    (tmp_path / "shards").mkdir(mode=0o555)
    done = run(*gsm8k(), check=False)
    assert_two_lines(done)
    assert "Permission denied" in done.stderr

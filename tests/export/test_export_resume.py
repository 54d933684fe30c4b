"""Exporting twice changes nothing; an interrupted export resumes."""

from __future__ import annotations

import random
import shutil
import signal
import time
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run
from shards.damage import read_members, write_members
from shards.packing import copy_pack, send, snapshot, start, temp_files, wait_until

pytest_plugins = ["export.exported", "shards.packed"]

KILLS = 4


def contents(folder: Path) -> dict[str, bytes]:
    return {name: data for name, (_, data) in snapshot(folder).items()}


def test_exporting_twice_changes_nothing(run: Run, three_corpora: Path, tmp_path: Path) -> None:
    run("export-jsonl", three_corpora)
    before = snapshot(tmp_path / "export")
    done = run("export-jsonl", three_corpora)
    assert snapshot(tmp_path / "export") == before
    assert len(before) == 3 * (5 + 4 + 1)
    assert "0 files written, 5 videos unchanged" in done.stdout


def test_only_missing_and_damaged_files_are_written_again(run: Run, three_corpora: Path, tmp_path: Path) -> None:
    run("export-jsonl", three_corpora / "gsm8k")
    folder = tmp_path / "export" / "gsm8k"
    before = snapshot(folder)
    (folder / "video" / "gsm8k_000001.mp4").unlink()
    (folder / "video" / "gsm8k_000002.mp4").write_bytes(b"cut short")
    (folder / "gsm8k_inference_video_data_3.jsonl").write_text("cut short")
    run("export-jsonl", three_corpora / "gsm8k")
    after = snapshot(folder)
    assert {name: data for name, (_, data) in after.items()} == {name: data for name, (_, data) in before.items()}
    assert {name for name in after if after[name] != before[name]} == {
        "video/gsm8k_000001.mp4", "video/gsm8k_000002.mp4", "gsm8k_inference_video_data_3.jsonl"
    }  # fmt: skip


@pytest.mark.parametrize("layout", ["jsonl", "videofolder", "i2v"])
@pytest.mark.parametrize("link", ["hard", "copy"])
def test_a_video_of_the_right_size_and_other_bytes_is_written_again(
    run: Run, three_corpora: Path, tmp_path: Path, layout: str, link: str
) -> None:
    words = ("export", three_corpora / "gsm8k", "--for", layout, "--link", link)
    run(*words)
    folder = tmp_path / "export" / "gsm8k"
    before = contents(folder)
    for video in folder.rglob("*.mp4"):  # as a power cut leaves them
        video.write_bytes(bytes(video.stat().st_size))
    run(*words)
    assert contents(folder) == before


def many_samples(tmp_path: Path, three_shards: Path) -> Path:
    """A tar of 300 samples, so that an export takes long enough to be stopped. Returns its folder."""
    members = read_members(three_shards / "shards" / "gsm8k" / "gsm8k-000000.tar")[:4]
    folder = tmp_path / "shards" / "gsm8k"
    write_members(
        folder / "gsm8k-000000.tar",
        [(name.replace("000000", f"{row:06d}"), data) for row in range(300) for name, data in members],
    )
    return folder


@pytest.mark.slow
def test_an_export_killed_repeatedly_ends_like_one_that_was_not(run: Run, three_shards: Path, tmp_path: Path) -> None:
    many_samples(tmp_path, three_shards)
    run("export-jsonl")
    folder = tmp_path / "export"
    expected = contents(folder)
    shutil.rmtree(folder)
    moments = random.Random(7)
    kills = 0
    while kills < KILLS:
        process = start(tmp_path, "export-jsonl")
        wait_until(process, folder, "gsm8k/.tmp/*")
        time.sleep(moments.uniform(0.0, 0.15))
        if process.poll() is None:
            send(process, signal.SIGKILL, whole_group=True)
            kills += 1
        process.communicate(timeout=HANG_SECONDS)
        finished = {name: data for name, data in contents(folder).items() if ".tmp" not in name}
        assert finished.items() <= expected.items()
        if len(finished) == len(expected):
            shutil.rmtree(folder)
    run("export-jsonl")
    assert contents(folder) == expected
    assert temp_files(folder) == []


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_an_export_cleanly(
    three_shards: Path, tmp_path: Path, signum: signal.Signals, code: int
) -> None:
    many_samples(tmp_path, three_shards)
    process = start(tmp_path, "export-jsonl")
    wait_until(process, tmp_path / "export", "gsm8k/video/*")
    send(process, signum, whole_group=False)
    _, stderr = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == code, stderr
    assert "same command again" in stderr
    assert "Traceback" not in stderr
    assert temp_files(tmp_path / "export") == []


def test_a_second_export_adds_the_shards_that_were_packed_since(run: Run, three_shards: Path, tmp_path: Path) -> None:
    folder = copy_pack(three_shards, tmp_path)
    kept = tmp_path / "kept"
    kept.mkdir()
    for part in ("gsm8k-000002.tar", "ledger/gsm8k-000002.json"):
        (folder / part).rename(kept / Path(part).name)
    run("export-jsonl")
    first = snapshot(tmp_path / "export")
    assert len(first) == 12 + 4 + 1
    (kept / "gsm8k-000002.tar").rename(folder / "gsm8k-000002.tar")
    (kept / "gsm8k-000002.json").rename(folder / "ledger" / "gsm8k-000002.json")
    run("export-jsonl")
    after = snapshot(tmp_path / "export")
    assert len(after) == 18 + 6 + 1
    assert {name: after[name] for name in first} == first

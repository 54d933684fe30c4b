"""Downloads to one place at once: every one ends well, the copy is whole, and nobody else's folder is touched."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from conftest import HANG_SECONDS, Run, environment, write_rows
from corpora.hubs import caches, closed_port
from shards.packing import assert_two_lines, snapshot

from vwd.corpora.sources import local
from vwd.corpora.sources.hub_rows import DatasetRows
from vwd.corpora.sources.local import copy_path, has_copy, open_copy
from vwd.errors import OutputError
from vwd.storage import folders
from vwd.storage.processes import process_tag

ROWS: list[dict[str, object]] = [{"text": f"Cow {n} sat. Dog {n} ran. Cat {n} slept."} for n in range(300)]
AT_ONCE = 5


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Where copies go, beside rows to copy."""
    (tmp_path / "rows").mkdir()
    write_rows(tmp_path / "rows" / "train.jsonl", ROWS)
    return tmp_path / "data"


@pytest.fixture
def copied(base: Path) -> Path:
    """The same with a copy in it."""
    finish(fetch(base))
    return base


def fetch(base: Path, *args: object) -> subprocess.Popen[str]:
    folder = base.parent
    return subprocess.Popen(
        [sys.executable, "-m", "vwd", "download", "--dataset", "tinystories", "--base-dir", base, *map(str, args)],
        cwd=folder, env=environment(VWD_HF_DATASET_ID_TINYSTORIES=str(folder / "rows"), **caches(folder)),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 0, err
    return out


def assert_whole(base: Path, rows: list[dict[str, object]] = ROWS) -> None:
    """The copy has all rows, and nothing stands beside it."""
    assert [path.name for path in (base / "tinystories").iterdir()] == ["dataset"]
    assert list(open_copy(base, "tinystories").read(0, 1000)) == rows


def test_several_at_once_end_well_and_one_copy_stays(base: Path) -> None:
    told = [finish(process) for process in [fetch(base) for _ in range(AT_ONCE)]]
    assert all("300 rows" in line for line in told)
    assert sum("300 rows, downloaded" in line for line in told) >= 1
    assert_whole(base)


def test_several_that_replace_a_copy_end_well_and_there_is_one_all_the_time(copied: Path) -> None:
    (copied / "a").mkdir()
    (copied / "b").mkdir()
    if not folders._exchange(copied / "a", copied / "b"):
        pytest.skip("this file system does not exchange folders in one step")
    running = [fetch(copied, "--force") for _ in range(AT_ONCE)]
    while any(process.poll() is None for process in running):
        assert has_copy(copied, "tinystories")
        time.sleep(0.001)
    assert all("300 rows, downloaded" in finish(process) for process in running)
    assert_whole(copied)


def test_a_copy_that_is_replaced_all_the_time_is_opened_with_the_identity_of_its_rows(copied: Path) -> None:
    """The two copies differ in number, so that a mixture of both would show."""
    few = copied.parent / "few"
    shutil.copytree(copied.parent / "rows", few / "rows")
    write_rows(few / "rows" / "train.jsonl", ROWS[:20])
    finish(fetch(few / "data"))
    counts = {
        open_copy(base, "tinystories").identity["sha256"]: open_copy(base, "tinystories").count
        for base in (copied, few / "data")
    }
    assert sorted(counts.values()) == [20, 300]
    path, spare, stopped = copy_path(copied, "tinystories"), copy_path(few / "data", "tinystories"), Event()

    def swap() -> None:
        while not stopped.is_set():
            folders._exchange(path, spare)
            time.sleep(0.005)  # longer than the clock of the file system takes to tick

    swapping = Thread(target=swap)
    swapping.start()
    try:
        deadline = time.monotonic() + 10
        for _ in range(100):
            rows = opened(copied)
            assert rows is None or counts[rows.identity["sha256"]] == rows.count
            if time.monotonic() > deadline:
                break
    finally:
        stopped.set()
        swapping.join()


def opened(base: Path) -> DatasetRows | None:
    """The copy; None where it was replaced all the time: a busy machine reads more slowly than copies are swapped."""
    try:
        return open_copy(base, "tinystories")
    except OutputError as error:
        if "was replaced 100 times" not in error.what:
            raise
        return None


def leftover(base: Path, kind: str, tag: str) -> Path:
    folder = base / "tinystories" / f".dataset.{kind}.{tag}.0123abcd"
    folder.mkdir(parents=True)
    (folder / "data-00000-of-00001.arrow").write_bytes(b"half a file")
    return folder


def tag_of(process_id: int) -> str:
    return f"{process_tag().partition('.')[0]}.{process_id}"


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(timeout=HANG_SECONDS)
    return process.pid


@pytest.fixture
def alive() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(10**6)"])
    yield process.pid
    process.kill()
    process.wait()


@pytest.mark.parametrize("kind", ["new", "old"])
def test_what_a_dead_download_left_is_swept(copied: Path, dead: int, kind: str) -> None:
    leftover(copied, kind, tag_of(dead))
    assert "already present" in finish(fetch(copied))
    assert_whole(copied)


def test_what_a_live_download_writes_is_left_alone(copied: Path, alive: int) -> None:
    others = leftover(copied, "new", tag_of(alive))
    before = snapshot(others)
    finish(fetch(copied, "--force"))
    assert snapshot(others) == before


def test_a_download_on_another_node_is_dead_when_it_has_not_written_for_an_hour(copied: Path) -> None:
    writing, silent = (leftover(copied, "new", f"{'0123456789ab'}.{number}") for number in (1, 2))
    long_ago = time.time() - 7200
    for path in (writing, silent, silent / "data-00000-of-00001.arrow"):
        os.utime(path, (long_ago, long_ago))
    finish(fetch(copied))
    assert writing.exists()
    assert not silent.exists()


def test_a_copy_that_was_moved_aside_by_a_download_that_died_is_put_back(copied: Path, dead: int) -> None:
    copy_path(copied, "tinystories").rename(copied / "tinystories" / f".dataset.old.{tag_of(dead)}.0123abcd")
    assert "already present" in finish(fetch(copied))
    assert_whole(copied)


@pytest.mark.parametrize("name", [".dataset.new", ".dataset.old", ".dataset.new.mine", "dataset.old", "notes"])
def test_folders_of_the_users_are_never_removed(copied: Path, name: str) -> None:
    mine = copied / "tinystories" / name
    mine.mkdir()
    (mine / "thesis.txt").write_text("all of it", "utf-8")
    os.utime(mine, (0, 0))
    before = snapshot(mine)
    finish(fetch(copied, "--force"))
    assert snapshot(mine) == before


@pytest.mark.parametrize("force", [(), ("--force",)], ids=["", "force"])
def test_what_stands_in_its_place_and_is_no_copy_is_kept(run: Run, base: Path, force: tuple[str, ...]) -> None:
    mine = copy_path(base, "tinystories")
    mine.mkdir(parents=True)
    (mine / "thesis.txt").write_text("all of it", "utf-8")
    env = {"VWD_HF_DATASET_ID_TINYSTORIES": str(base.parent / "rows"), **caches(base.parent)}
    done = run("download", "--dataset", "tinystories", *force, check=False, **env)
    assert_two_lines(done)
    assert str(mine) in done.stderr
    assert [path.name for path in mine.parent.rglob("*")] == ["dataset", "thesis.txt"]


def test_a_link_to_a_copy_elsewhere_stays_and_what_it_leads_to_is_replaced(copied: Path, tmp_path: Path) -> None:
    path = copy_path(copied, "tinystories")
    (tmp_path / "large").mkdir()
    shutil.move(path, tmp_path / "large" / "copy")
    path.symlink_to(tmp_path / "large" / "copy")
    write_rows(tmp_path / "rows" / "train.jsonl", ROWS[:20])
    finish(fetch(copied, "--force"))
    assert path.is_symlink()
    assert_whole(copied, ROWS[:20])
    assert [found.name for found in (tmp_path / "large").iterdir()] == ["copy"]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_download_leaves_nothing(base: Path, sent: signal.Signals) -> None:
    process = fetch(base)
    while not base.exists() and process.poll() is None:
        time.sleep(0.0005)
    process.send_signal(sent)
    process.communicate(timeout=HANG_SECONDS)
    if process.returncode:  # it was not too late
        assert not base.exists()


def test_a_download_that_fails_leaves_nothing(run: Run, tmp_path: Path) -> None:
    env = {**caches(tmp_path), "HF_HUB_OFFLINE": "0", "HF_ENDPOINT": closed_port()}
    assert_two_lines(run("download", "--dataset", "gsm8k", "--base-dir", "a/b", check=False, **env))
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("unwritable", ["/sys/data", "/proc/data", "/dev/null/data"])
def test_a_place_that_cannot_be_written_is_said(run: Run, base: Path, unwritable: str) -> None:
    env = {"VWD_HF_DATASET_ID_TINYSTORIES": str(base.parent / "rows"), **caches(base.parent)}
    done = run("download", "--dataset", "tinystories", "--base-dir", unwritable, check=False, **env)
    assert_two_lines(done)
    assert "cannot be written" in done.stderr
    assert unwritable in done.stderr
    assert "--base-dir" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to any folder")
@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_a_folder_without_permission_is_said(run: Run, base: Path, mode: int) -> None:
    (base / "tinystories").mkdir(parents=True)
    (base / "tinystories").chmod(mode)
    env = {"VWD_HF_DATASET_ID_TINYSTORIES": str(base.parent / "rows"), **caches(base.parent)}
    done = run("download", "--dataset", "tinystories", check=False, **env)
    (base / "tinystories").chmod(0o700)
    assert_two_lines(done)
    assert "--base-dir" in done.stderr


@pytest.mark.parametrize("content", ["", "[]", "[1]", '{"kind": 1}', "nonsense", "\u00e9" * 3])
def test_a_copy_that_does_not_say_what_it_is_is_damaged(run: Run, copied: Path, content: str) -> None:
    (copy_path(copied, "tinystories") / "vwd_source.json").write_text(content, "latin-1")
    for args in (("pack", "tinystories"), ("download", "--dataset", "tinystories")):
        done = run(*args, check=False, **caches(copied.parent))
        assert_two_lines(done)
        assert "damaged" in done.stderr
        assert "--force" in done.stderr or "`force`" in done.stderr
    assert "'vwd download'" not in done.stderr


@pytest.mark.parametrize("content", ["{}", "[]", "null", '{"_data_files": [{}]}', '{"_data_files": "x"}'])
def test_a_copy_with_another_state_is_damaged(run: Run, copied: Path, content: str) -> None:
    (copy_path(copied, "tinystories") / "state.json").write_text(content, "utf-8")
    done = run("pack", "tinystories", check=False, **caches(copied.parent))
    assert_two_lines(done)
    assert "damaged" in done.stderr


def test_a_flipped_byte_in_a_copy_names_file_and_row(run: Run, copied: Path) -> None:
    path = next(copy_path(copied, "tinystories").glob("*.arrow"))
    data = bytearray(path.read_bytes())
    data[data.index(b"Cow 150 sat")] = 0xFF  # no longer UTF-8
    path.write_bytes(data)
    done = run("pack", "tinystories", "--num-workers", 1, check=False, **caches(copied.parent))
    assert done.returncode == 1
    assert str(path) in done.stderr
    assert "row 150" in done.stderr
    assert "unexpected" not in done.stderr
    assert "traceback" not in done.stderr
    assert json.loads((copied.parent / "shards" / "tinystories" / "pack.json").read_text())["rows"] == 300


def test_a_copy_that_cannot_be_read_before_it_is_replaced_is_an_error(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = iter(range(1000))
    monkeypatch.setattr(local, "_version", lambda _: next(versions))
    with pytest.raises(OutputError, match="was replaced 100 times") as raised:
        open_copy(copied, "tinystories")
    assert raised.value.hint == "Let the downloads end, and run again."

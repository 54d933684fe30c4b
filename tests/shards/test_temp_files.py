"""Unfinished files: removed when their writer is dead, kept while it lives, never under a final name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run
from shards.packing import MEDIUM, copy_pack, gsm8k, send, start, temp_files, wait_until, write_lamps

from vwd.storage.atomic import atomic_write
from vwd.storage.tempfiles import create_lasting, open_lasting, remove_stale, writer_mark

pytest_plugins = ["shards.packed"]

DIE_WRITING = """
import os, sys
from pathlib import Path
from vwd.storage.atomic import atomic_write
with atomic_write(Path(sys.argv[1]) / "data.tar", Path(sys.argv[1]) / ".tmp") as file:
    file.write(b"half of it")
    file.flush()
    os._exit(9)
"""

CREATE_AND_REMOVE = """
import os, sys
while True:
    try:
        os.mkdir(sys.argv[1])
        os.rmdir(sys.argv[1])
    except OSError:
        pass
"""


def left_by_dead_writer(folder: Path) -> Path:
    """The temporary file of a process that died while it wrote."""
    subprocess.run([sys.executable, "-c", DIE_WRITING, str(folder)], check=False)
    (left,) = temp_files(folder)
    return left


def on_another_node(path: Path) -> Path:
    """Renames the file as if another machine were writing it."""
    name, _, pid, mark = path.name.rsplit(".", 3)
    return path.rename(path.with_name(f"{name}.000000000000.{pid}.{mark}"))


def test_the_files_of_dead_writers_are_removed(tmp_path: Path) -> None:
    left = left_by_dead_writer(tmp_path)
    assert remove_stale(tmp_path / ".tmp") == 1
    assert not left.exists()
    assert not (tmp_path / ".tmp").exists()
    assert not (tmp_path / "data.tar").exists()


def test_a_writer_that_is_a_zombie_counts_as_dead(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", DIE_WRITING, str(tmp_path)])
    os.waitid(os.P_PID, writer.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie, as under an init that reaps none
    assert Path(f"/proc/{writer.pid}").exists()
    assert remove_stale(tmp_path / ".tmp") == 1
    writer.wait()


def test_the_file_of_a_live_writer_is_kept(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "data.tar", tmp_path / ".tmp") as file:
        file.write(b"all of it")
        assert remove_stale(tmp_path / ".tmp") == 0
    assert (tmp_path / "data.tar").read_bytes() == b"all of it"


def test_a_writer_on_another_node_counts_as_dead_after_an_hour_of_silence(tmp_path: Path) -> None:
    foreign = on_another_node(left_by_dead_writer(tmp_path))
    assert remove_stale(tmp_path / ".tmp") == 0
    long_ago = time.time() - 2 * 3600
    os.utime(foreign, (long_ago, long_ago))
    assert remove_stale(tmp_path / ".tmp") == 1


def test_a_file_with_an_unknown_name_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / ".tmp").mkdir()
    odd = tmp_path / ".tmp" / "odd"
    odd.write_bytes(b"")
    assert remove_stale(tmp_path / ".tmp") == 0
    os.utime(odd, (0, 0))
    assert remove_stale(tmp_path / ".tmp") == 0
    assert odd.is_file()


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    file = atomic_write(tmp_path / "data.tar", tmp_path / ".tmp")
    file.__enter__().write(b"half of it")
    assert file.__exit__(OSError, OSError("no more"), None) is False
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_rewritten_file_keeps_its_old_content_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "data.tar"
    path.write_bytes(b"old")
    with atomic_write(path, tmp_path / ".tmp") as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_packing_removes_only_the_files_of_dead_writers(run: Run, three_shards: Path, tmp_path: Path) -> None:
    folder = copy_pack(three_shards, tmp_path)
    dead = left_by_dead_writer(folder)
    with atomic_write(folder / "notes.txt", folder / ".tmp") as file:
        (alive,) = set(temp_files(folder)) - {dead}
        run(*gsm8k())
        assert temp_files(folder) == [alive]
        file.write(b"still here")
    assert (folder / "notes.txt").read_bytes() == b"still here"


def test_a_killed_run_leaves_nothing_outside_its_output_once_it_is_resumed(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 12)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = start(tmp_path, *gsm8k(size=MEDIUM), TMPDIR=str(temporary))
    wait_until(process, tmp_path / "shards" / "gsm8k", ".tmp/*.tar.*")
    wait_until(process, temporary, "*/*")
    send(process, signal.SIGKILL, whole_group=True)
    process.communicate(timeout=HANG_SECONDS)
    run(*gsm8k(size=MEDIUM), TMPDIR=str(temporary))
    assert list(temporary.iterdir()) == []


@pytest.fixture
def flickering_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that another process keeps creating and removing."""
    other = subprocess.Popen([sys.executable, "-c", CREATE_AND_REMOVE, str(tmp_path / ".tmp")])
    wait_until(other, tmp_path, ".tmp")
    yield tmp_path / ".tmp"
    other.kill()
    other.wait()


@pytest.mark.slow
def test_a_folder_that_another_run_removes_has_nothing_left_to_remove(flickering_folder: Path) -> None:
    assert {remove_stale(flickering_folder) for _ in range(20_000)} == {0}


def test_a_folder_that_another_run_removes_is_created_again(flickering_folder: Path, tmp_path: Path) -> None:
    for number in range(3000):
        with atomic_write(tmp_path / "data", flickering_folder, sync_parent=False) as file:
            file.write(b"%d" % number)
        assert (tmp_path / "data").read_bytes() == b"%d" % number


def test_a_file_that_several_processes_write_is_made_by_the_first_and_only_opened_by_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".tmp" / f"tar.{writer_mark()}"
    with open_lasting(path) as file:
        file.write(b"first")
    monkeypatch.delattr(Path, "mkdir")  # on a shared file system each try costs a request or two
    with open_lasting(path) as file:
        assert file.read() == b"first"


def test_a_new_file_whose_name_is_taken_is_tried_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".tmp" / f"tar.{writer_mark()}"
    create_lasting(path).close()
    folders: list[Path] = []
    monkeypatch.setattr(Path, "mkdir", lambda self, **_: folders.append(self))
    with pytest.raises(FileExistsError, match=r"\.tmp"):
        create_lasting(path)
    assert folders == [path.parent]


def test_a_file_that_another_process_makes_meanwhile_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".tmp" / f"tar.{writer_mark()}"
    make = Path.mkdir

    def mkdir(self: Path, **options: bool) -> None:
        make(self, **options)
        path.write_bytes(b"another's")

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with open_lasting(path) as file:
        assert file.read() == b"another's"

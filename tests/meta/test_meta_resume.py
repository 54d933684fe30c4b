"""Commands that take long go on after a kill, and do nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, Run, environment
from meta.stubs import dead_url, stub
from meta.videos import write_video

from vwd.errors import TableError
from vwd.meta.journal import Journal
from vwd.meta.tables import open_table, write_table

pytest.importorskip("scenedetect")
HERE = Path(__file__).parent
CLIPS = 24


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A table of small videos."""
    first = write_video(tmp_path / "clips" / "0.mp4", [8, 8], size=(64, 48)).read_bytes()
    rows = []
    for number in range(CLIPS):
        path = tmp_path / "clips" / f"{number}.mp4"
        path.write_bytes(first)
        rows.append({"path": f"clips/{number}.mp4", "relpath": f"{number}.mp4", "scene_frames": "0-8 8-16"})
    write_table(tmp_path / "x.csv", ("path", "relpath", "scene_frames"), rows)
    return tmp_path / "x.csv"


def killed(home: Path, journal: Path, *words: str, after: int = 4) -> int:
    """Kills a command when its journal has some rows. Returns how many it has then: some, and not all.

    A machine under load may look again only after the command has done all: then it begins anew.
    """
    settings = environment() | {"PYTHONPATH": f"{environment().get('PYTHONPATH', '')}:{HERE}:{HERE.parents[1]}"}
    until = time.monotonic() + HANG_SECONDS
    while time.monotonic() < until:
        journal.unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "vwd", "meta", *words], cwd=home, env=settings, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while lines(journal) < after and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() in (0, -signal.SIGKILL)
        if after <= lines(journal) < CLIPS:
            return lines(journal)
    pytest.fail("the command was never seen with some rows done")


def lines(journal: Path) -> int:
    return max(0, journal.read_bytes().count(b"\n") - 1) if journal.is_file() else 0


def test_info_resumes(clips: Path, run: Run) -> None:
    journal = clips.with_name("x_info.csv.check.journal")
    before = killed(clips.parent, journal, "info", "x.csv", "--check", "--workers", "1")
    assert lines(journal) == before
    run("meta", "info", "x.csv", "--check")
    assert lines(journal) == CLIPS
    assert {row["num_frames"] for row in open_table(clips.with_name("x_info.csv")).rows()} == {"16"}


def test_cut_resumes(clips: Path, run: Run) -> None:
    journal = clips.with_name("x_clips.csv.cut.journal")
    before = killed(clips.parent, journal, "cut", "x.csv", "--save-dir", "cut", "--workers", "1")
    done = run("meta", "cut", "x.csv", "--save-dir", "cut", "--json")
    result = json.loads(done.stdout)
    assert (result["kept"], result["done"], result["clips"]) == (before, CLIPS - before, 2 * CLIPS)
    assert len(list((clips.parent / "cut").glob("*.mp4"))) == 2 * CLIPS


def test_a_clip_that_was_deleted_is_cut_again(clips: Path, run: Run) -> None:
    run("meta", "cut", "x.csv", "--save-dir", "cut")
    (clips.parent / "cut" / "3_scene-1.mp4").unlink()
    result = json.loads(run("meta", "cut", "x.csv", "--save-dir", "cut", "--json").stdout)
    assert (result["kept"], result["done"]) == (CLIPS - 1, 1)
    assert (clips.parent / "cut" / "3_scene-1.mp4").is_file()


def test_score_resumes(clips: Path, run: Run) -> None:
    journal = clips.with_name("x_aes_part0.csv.aes.journal")
    words = ("score", "x.csv", "--backend", "slow_scorer:score", "--workers", "1")
    before = killed(clips.parent, journal, *words)
    result = json.loads(run("meta", *words, "--json", PYTHONPATH=f"{HERE.parents[1]}:{HERE}").stdout)
    assert (result["kept"], result["done"]) == (before, CLIPS - before)


def test_captions_are_kept_by_a_restart(clips: Path, run: Run) -> None:
    journal = clips.with_name("x_caption_part0.csv.caption.journal")
    with stub(slow=0.05) as server:
        words = ("caption", "x.csv", "--backend", "openai", "--servers", f"{server.url}/v1", "--at-once", "1")
        before = killed(clips.parent, journal, *words)
        asked = len(server.requests)
        server.slow, server.caption = 0, "another answer"
        result = json.loads(run("meta", *words, "--json").stdout)
    assert (result["kept"], result["done"]) == (before, CLIPS - before)
    # The question that was on its way at the kill may have come since.
    assert len(server.requests) - asked in (CLIPS - before, CLIPS - before + 1)
    texts = [row["text"] for row in open_table(clips.with_name("x_caption_part0.csv")).rows()]
    assert texts == ["The video shows a red square."] * before + ["another answer"] * (CLIPS - before)
    again = run("meta", *words, "--json")  # and nothing is asked when all is done
    assert json.loads(again.stdout)["kept"] == CLIPS


def test_when_no_server_answers_the_run_ends_and_what_is_done_is_kept(clips: Path, run: Run) -> None:
    words = ("caption", "x.csv", "--backend", "openai", "--servers")
    done = run("meta", *words, f"{dead_url()}/v1,{dead_url()}/v1", "--tries", "2", check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("Error: none of 2 servers answers")
    with stub() as server:
        run("meta", *words, f"{server.url}/v1")
    assert len(server.requests) == CLIPS


@pytest.fixture
def journal(tmp_path: Path) -> Callable[..., Journal]:
    return lambda **settings: Journal(tmp_path / "j", settings)


def test_a_line_that_a_kill_cut_off_is_done_again(tmp_path: Path, journal: Callable[..., Journal]) -> None:
    with journal() as one:
        one.add(0, "a", {"n": 1})
        one.add(1, "b", {"n": 2})
    (tmp_path / "j").write_bytes((tmp_path / "j").read_bytes()[:-5])
    with journal() as two:
        assert (two.result(0, "a"), two.result(1, "b")) == ({"n": 1}, None)
        two.add(1, "b", {"n": 3})
    with journal() as three:
        assert three.result(1, "b") == {"n": 3}


def test_rows_that_moved_in_the_table_keep_their_results(journal: Callable[..., Journal]) -> None:
    with journal() as one:
        for number, path in enumerate("abc"):
            one.add(number, path, {"path": path})
    with journal() as two:
        assert [two.result(number, path) for number, path in enumerate("xcab")] == [
            None, {"path": "c"}, {"path": "a"}, {"path": "b"},
        ]  # fmt: skip


def test_a_changed_file_is_done_again(tmp_path: Path, journal: Callable[..., Journal]) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"1")
    with journal() as one:
        one.add(0, str(path), {"n": 1})
    path.write_bytes(b"22")
    with journal() as two:
        assert two.result(0, str(path)) is None


def test_other_settings_are_refused_and_nothing_is_deleted(tmp_path: Path, journal: Callable[..., Journal]) -> None:
    with journal(prompt="a") as one:
        one.add(0, "a", {"n": 1})
    before = (tmp_path / "j").read_bytes()
    with pytest.raises(TableError, match="prompt: 'a' before, 'b' now"):
        journal(prompt="b")
    assert (tmp_path / "j").read_bytes() == before


def test_two_processes_do_not_write_one_journal(journal: Callable[..., Journal]) -> None:
    with journal(), pytest.raises(TableError, match="another process"):
        journal()

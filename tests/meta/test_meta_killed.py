"""Long commands that are killed at random moments, again and again, end as an unbroken run does."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment
from meta.stubs import stub
from meta.test_meta_resume import HERE, lines
from meta.videos import write_video

from vwd.meta.tables import write_table

pytest.importorskip("scenedetect")
pytestmark = pytest.mark.slow
ROOT = HERE.parents[1]
KILLS = 4


def start(home: Path, words: Sequence[str], **variables: str) -> subprocess.Popen[bytes]:
    settings = environment() | {"PYTHONPATH": f"{ROOT}:{HERE}"} | variables
    return subprocess.Popen(
        [sys.executable, *words], cwd=home, env=settings, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def run_with_kills(home: Path, words: Sequence[str], journal: Path, rows: int, **variables: str) -> int:
    """Kills a command a random while after it has gone on, then lets it end. Returns how often it was killed."""
    chance, kills = random.Random(), 0
    while kills < KILLS:
        process = start(home, words, **variables)
        wanted = lines(journal) + chance.randint(1, rows // (KILLS + 1))
        until = time.monotonic() + HANG_SECONDS
        while lines(journal) < wanted and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.002)
        time.sleep(chance.random() * 0.02)
        if process.poll() is not None:
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        kills += 1
    end(home, words, **variables)
    return kills


def end(home: Path, words: Sequence[str], **variables: str) -> None:
    process = start(home, words, **variables)
    _, told = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 0, told.decode()


def videos(home: Path, count: int) -> list[str]:
    """Names of videos in a folder, which differ in their cuts."""
    for number in range(4):
        write_video(home / "videos" / f"{number}.mp4", [10 + number, 12], size=(64, 48))
    for number in range(4, count):
        os.link(home / "videos" / f"{number % 4}.mp4", home / "videos" / f"{number}.mp4")
    return [f"{number}.mp4" for number in range(count)]


def write_lines(path: Path, names: Sequence[str]) -> None:
    path.write_text("".join(json.dumps({"path": name, "caps": [name], "n": n}) + "\n" for n, name in enumerate(names)))


@pytest.mark.parametrize("verb", ["info", "scenes", "cut", "score"])
def test_a_table_is_the_same(tmp_path: Path, verb: str) -> None:
    names = videos(tmp_path, {"cut": 60, "score": 40}.get(verb, 400))
    rows = [{"path": f"videos/{name}", "relpath": name, "scene_frames": "0-8 8-22", "n": name} for name in names]
    for name in ("x", "unbroken"):
        write_table(tmp_path / f"{name}.csv", tuple(rows[0]), rows)
    options = {
        "info": ["--check"], "scenes": [], "cut": ["--save-dir", "clips"], "score": ["--backend", "slow_scorer:score"],
    }[verb]  # fmt: skip
    words = ["-m", "vwd", "meta", verb, "x.csv", "--output", "out.csv", "--workers", "1", *options]
    kind = {"info": "check", "score": "aes"}.get(verb, verb)
    assert run_with_kills(tmp_path, words, tmp_path / f"out.csv.{kind}.journal", len(rows)) == KILLS
    again = ["unbroken.csv" if word == "x.csv" else "whole.csv" if word == "out.csv" else word for word in words]
    end(tmp_path, again)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 1 + len(rows) * (2 if verb == "cut" else 1)
    if verb == "cut":
        assert len(list((tmp_path / "clips").iterdir())) == 2 * len(rows)
    # Nothing is left of what a kill cut off.
    assert not list(tmp_path.glob("**/.tmp"))


def test_add_fps_writes_the_same_lines(tmp_path: Path) -> None:
    names = videos(tmp_path, 8)
    write_lines(tmp_path / "in.jsonl", [names[number % 8] for number in range(2000)])
    words = [str(ROOT / "tools/open_sora_plan/add_fps.py"), "videos", "in.jsonl", "out.jsonl"]
    assert run_with_kills(tmp_path, words, tmp_path / "out.jsonl.fps.journal", 2000) == KILLS
    end(tmp_path, [*words[:-1], "whole.jsonl"])
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2000


@pytest.mark.parametrize("command", ["recap", "caption"])
def test_what_was_captioned_is_not_asked_again(tmp_path: Path, command: str) -> None:
    names = videos(tmp_path, 100)
    write_lines(tmp_path / "in.jsonl", names)
    write_table(tmp_path / "x.csv", ("path",), [{"path": f"videos/{name}"} for name in names])
    with stub(slow=0.02) as server:
        if command == "recap":
            words = [str(ROOT / "tools/open_sora_plan/recap_video.py"), "videos", "in.jsonl", "out"]
            url = server.url
        else:
            words = [
                "-m",
                "vwd",
                "meta",
                "caption",
                "x.csv",
                "--backend",
                "openai",
                "--at-once",
                "1",
                "--output",
                "out",
            ]
            url = f"{server.url}/v1"
        kills = run_with_kills(tmp_path, words, tmp_path / "out.caption.journal", len(names), VWD_CAPTION_SERVERS=url)
        asked = len(server.requests)
        end(tmp_path, [*words[:-1], "whole"], VWD_CAPTION_SERVERS=url)
    assert kills == KILLS
    # At most the question that was on its way at each kill.
    assert len(names) <= asked <= len(names) + kills
    assert lines(tmp_path / "out.caption.journal") == len(names)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "whole").read_bytes()


def test_a_half_written_table_of_a_run_that_was_killed_is_removed_by_the_next(tmp_path: Path) -> None:
    rows = ({"path": f"{number}.mp4", "text": "x" * 200} for number in range(50_000))
    write_table(tmp_path / "x.csv", ("path", "text"), rows)
    words = ["-m", "vwd", "meta", "merge", "x.csv", "--output", "out.csv"]
    process = start(tmp_path, words)
    until = time.monotonic() + HANG_SECONDS
    while not list(tmp_path.glob(".tmp/out.csv.*")):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "out.csv").exists()
    assert list(tmp_path.glob(".tmp/*"))
    end(tmp_path, words)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "x.csv"]
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "x.csv").read_bytes()

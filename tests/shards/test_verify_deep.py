"""`vwd verify --decode --read` finds videos that do not show their storyboard, and names what differs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Run
from shards.damage import read_members, write_members
from shards.packing import copy_pack, seal

from vwd.inspect.deep import DeepCheck
from vwd.inspect.verify import verify_output
from vwd.shards.paths import OutputPaths

pytest_plugins = ["shards.packed"]


def other_video(folder: Path) -> None:
    """Gives a sample the video of another one of the same length, and seals the shard."""
    tar = folder / "gsm8k-000001.tar"
    members = read_members(tar)
    other = dict(members)["gsm8k_000008.mp4"]
    write_members(tar, [(name, other if name == "gsm8k_000007.mp4" else data) for name, data in members])
    seal(folder, 1)


def test_packed_videos_show_their_storyboards(run: Run, three_shards: Path) -> None:
    done = run("verify", three_shards / "shards", "--decode", "--read", "--json")
    (result,) = json.loads(done.stdout)
    assert (result["samples"], result["problems"]) == (18, [])


@pytest.mark.parametrize(
    ("check", "what"),
    [("decode", "differs from the storyboard at"), ("read", "reads differently, expected → found:")],
)
def test_the_video_of_another_sample_is_found_and_shown(
    three_shards: Path, tmp_path: Path, check: str, what: str
) -> None:
    folder = copy_pack(three_shards, tmp_path)
    other_video(folder)
    deep = DeepCheck(check == "decode", check == "read", failures=tmp_path / "failures")
    problems = verify_output(OutputPaths(folder.parent, folder.name), deep=deep).problems
    shown = [problem.what for problem in problems if "the video:" in problem.what]
    assert all(one.startswith("gsm8k_000007: the video: ") for one in shown)
    assert what in shown[0]
    assert [path.name for path in (tmp_path / "failures").iterdir()] == ["gsm8k_000007.png"]


def test_a_part_of_the_samples_is_always_the_same_part() -> None:
    keys = [f"gsm8k_{n:06}" for n in range(2000)]
    chosen = [key for key in keys if DeepCheck(read=True, sample_rate=0.1).chooses(key)]
    assert 120 < len(chosen) < 280
    assert chosen == [key for key in keys if DeepCheck(read=True, sample_rate=0.1).chooses(key)]
    assert not any(DeepCheck(sample_rate=1.0).chooses(key) for key in keys)

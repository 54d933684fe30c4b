"""`vwd verify --decode --read` finds videos that do not show their storyboard, and names what differs."""

from __future__ import annotations

import io
import json
import signal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from reading_back.pages import ENGLISH, board_of
from shards.damage import read_members, write_members
from shards.packing import copy_pack, seal, send, snapshot, start, wait_until

from vwd.inspect.checked import open_checked
from vwd.inspect.deep import DeepCheck, time_problems
from vwd.inspect.verify import verify_output, verify_shard
from vwd.readback.files import timed_frames
from vwd.shards.ledger import open_ledger
from vwd.shards.paths import OutputPaths
from vwd.storage.hashing import sha256_file
from vwd.video.encoders import ENCODERS, get_encoder
from vwd.video.mp4 import read_header
from vwd.video.spec import VideoSpec

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


def with_a_late_frame(video: bytes) -> bytes:
    """The same file, but for frame 3, which is shown half a frame later."""
    av = pytest.importorskip("av", reason="av is not installed")
    late = io.BytesIO()
    with av.open(io.BytesIO(video)) as source, av.open(late, "w", "mp4") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.size]
        packets[3].pts = packets[3].dts = packets[3].pts + packets[3].duration // 2
        for packet in packets:
            packet.stream = stream
            target.mux(packet)
    return late.getvalue()


@pytest.mark.parametrize("fps", [Fraction(8), Fraction(30000, 1001)])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_each_frame_of_every_encoder_is_shown_at_its_number_over_the_rate(encoder: str, fps: Fraction) -> None:
    board = board_of(*ENGLISH)
    video = get_encoder(encoder).encode(board, VideoSpec(frames=board.frames, fps=fps))
    seconds = [second for second, _ in timed_frames(video)]
    assert seconds == pytest.approx([number / fps for number in range(board.frames)], abs=1e-6)
    assert list(time_problems(seconds, fps)) == []
    (problem,) = time_problems(seconds, fps * Fraction(1001, 1000))
    assert problem.startswith("frame ")


def test_a_frame_that_is_late_is_found_though_the_rate_and_the_count_are_right(
    three_shards: Path, tmp_path: Path
) -> None:
    folder = copy_pack(three_shards, tmp_path)
    tar = folder / "gsm8k-000001.tar"
    members = dict(read_members(tar))
    video = members["gsm8k_000007.mp4"]
    members["gsm8k_000007.mp4"] = late = with_a_late_frame(video)
    assert read_header(late)[1:] == read_header(video)[1:]
    write_members(tar, list(members.items()))
    seal(folder, 1)
    problems = verify_output(OutputPaths(folder.parent, folder.name), deep=DeepCheck(decode=True)).problems
    fps = read_header(video).fps
    expected = f"frame 3 is shown at {float(Fraction(7, 2) / fps):.3f} s, not {float(3 / fps):.3f} s"
    assert [problem.what for problem in problems if "the video:" in problem.what] == [
        f"gsm8k_000007: the video: {expected}"
    ]


def test_a_part_of_the_samples_is_always_the_same_part() -> None:
    keys = [f"gsm8k_{n:06}" for n in range(2000)]
    chosen = [key for key in keys if DeepCheck(read=True, sample_rate=0.1).chooses(key)]
    assert 120 < len(chosen) < 280
    assert chosen == [key for key in keys if DeepCheck(read=True, sample_rate=0.1).chooses(key)]
    assert not any(DeepCheck(sample_rate=1.0).chooses(key) for key in keys)


def reads(folder: Path) -> tuple[list[str], list[str]]:
    """The keys that `verify --read` reads, and what it finds."""
    read: list[str] = []

    class Watched(DeepCheck):
        def chooses(self, key: str) -> bool:
            read.append(key)
            return super().chooses(key)

    found = verify_output(OutputPaths(folder.parent, folder.name), deep=Watched(read=True))
    return read, [problem.what for problem in found.problems]


def test_a_check_that_is_killed_goes_on_with_the_shards_that_are_left(three_shards: Path, tmp_path: Path) -> None:
    folder = copy_pack(three_shards, tmp_path)
    process = start(tmp_path, "verify", folder, "--read", "--num-workers", 1)
    kept = folder / ".verified"
    wait_until(process, kept, "*.json")
    send(process, signal.SIGKILL, whole_group=True)
    process.communicate()
    done = {path.name[6:12] for path in kept.iterdir()}
    assert 0 < len(done) < 3
    read, problems = reads(folder)
    assert not problems
    assert {f"{int(key[-6:]) // 6:06}" for key in read} == {"000000", "000001", "000002"} - done
    assert not kept.exists()
    assert len(reads(folder)[0]) == 18


def test_a_tar_that_changed_after_it_was_checked_is_checked_again(three_shards: Path, tmp_path: Path) -> None:
    folder = copy_pack(three_shards, tmp_path)
    paths = OutputPaths(folder.parent, folder.name)
    checked, ledger = open_checked(paths, DeepCheck(read=True).how), open_ledger(paths)
    for number in range(3):
        checked.add(number, sha256_file(paths.tar(number)))
        assert verify_shard(ledger, number, DeepCheck(read=True)) == ([], 6)
    other_video(folder)
    read, problems = reads(folder)
    assert read == [f"gsm8k_{n:06}" for n in range(6, 12)]
    assert any(what.startswith("gsm8k_000007: the video: reads differently") for what in problems)


def test_only_a_check_of_the_same_kind_is_gone_on_with(three_shards: Path, tmp_path: Path) -> None:
    folder = copy_pack(three_shards, tmp_path)
    paths = OutputPaths(folder.parent, folder.name)
    sha256 = sha256_file(paths.tar(0))
    open_checked(paths, DeepCheck(read=True, sample_rate=0.5).how).add(0, sha256)
    assert open_checked(paths, DeepCheck(read=True, sample_rate=0.5).how).has(0, sha256)
    for other in (DeepCheck(read=True), DeepCheck(decode=True, sample_rate=0.5), DeepCheck()):
        assert not open_checked(paths, other.how).has(0, sha256)
    kept = folder / ".verified" / "gsm8k-000000.json"
    kept.write_bytes(kept.read_bytes()[:20])
    assert not open_checked(paths, DeepCheck(read=True, sample_rate=0.5).how).has(0, sha256)


def test_without_reading_nothing_is_written(run: Run, three_shards: Path) -> None:
    before = snapshot(three_shards)
    run("verify", three_shards / "shards")
    assert snapshot(three_shards) == before


def test_of_the_smallest_share_one_sample_of_each_shard_is_checked(three_shards: Path, monkeypatch: Any) -> None:
    checked: list[str] = []

    def problems(_: DeepCheck, key: str, *more: Any) -> list[str]:
        checked.append(key)
        return []

    monkeypatch.setattr(DeepCheck, "problems", problems)
    output = three_shards / "shards" / "gsm8k"
    assert verify_output(OutputPaths(output.parent, output.name), deep=DeepCheck(read=True, sample_rate=1e-300)).clean
    assert [int(key[-6:]) // 6 for key in checked] == [0, 1, 2]

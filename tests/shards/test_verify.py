"""`vwd verify` finds and names whatever is wrong in a shard, even when tar and ledger agree on the bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run
from shards.damage import Members, member_border, read_members, write_members
from shards.packing import copy_pack, entry_file, seal

from vwd.inspect.verify import verify_output
from vwd.shards.paths import OutputPaths

pytest_plugins = ["shards.packed"]


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    return copy_pack(three_shards, tmp_path)


def problems(folder: Path) -> list[str]:
    """The problems that are found, each as "shard: problem"."""
    found = verify_output(OutputPaths(folder.parent, folder.name)).problems
    return [f"{problem.shard}: {problem.what}" for problem in found]


def replaced(members: Members, name: str, data: bytes) -> Members:
    assert name in dict(members)
    return [(member, data if member == name else old) for member, old in members]


def changed_json(members: Members, name: str, **changes: object) -> Members:
    return replaced(members, name, json.dumps({**json.loads(dict(members)[name]), **changes}).encode())


def changed_video(members: Members, change: Callable[[bytes], bytes]) -> Members:
    return replaced(members, "gsm8k_000007.mp4", change(dict(members)["gsm8k_000007.mp4"]))


def endless_box(video: bytes) -> bytes:
    """Appends a box whose header says that its size follows in eight more bytes, but none follow."""
    return video + struct.pack(">I4s", 1, b"free")


DAMAGE: dict[str, tuple[Callable[[Members], Members], str]] = {
    "wrong member": (lambda m: [("gsm8k_000006.txt", b"x"), *m[1:]], "'gsm8k_000006.txt' is not the name of a sample"),
    "path in a name": (lambda m: [("../gsm8k_000006.mp4", b"x"), *m[1:]], "'../gsm8k_000006.mp4' is not the name"),
    "member twice": (lambda m: [m[0], *m], "'gsm8k_000006.mp4' appears twice"),
    "sample twice": (lambda m: [*m, *m[:4]], "the key 'gsm8k_000006' appears twice"),
    "member missing": (lambda m: m[:1] + m[2:], "sample 'gsm8k_000006' has no inference.json"),
    "sample missing": (lambda m: m[:-4], "5 samples whose keys differ from the ledger's 6"),
    "samples in another order": (lambda m: m[4:] + m[:4], "6 samples whose keys differ from the ledger's 6"),
    "video not a video": (lambda m: changed_video(m, lambda _: b"no video"), "gsm8k_000007: the video is broken"),
    "video empty": (lambda m: changed_video(m, lambda _: b""), "gsm8k_000007: the video is broken"),
    "video cut": (lambda m: changed_video(m, lambda video: video[:-100]), "gsm8k_000007: the video is broken"),
    "box without end": (lambda m: changed_video(m, endless_box), "gsm8k_000007: the video is broken"),
    "boxes in boxes": (
        lambda m: changed_video(m, lambda _: b"".join(struct.pack(">I4s", 8 * n, b"moov") for n in range(5000, 0, -1))),
        "gsm8k_000007: the video is broken",
    ),
    "another's storyboard": (
        lambda m: changed_json(m, "gsm8k_000007.storyboard.json", index=8),
        "gsm8k_000007: the storyboard belongs to another sample",
    ),
    "another's video": (
        lambda m: changed_json(m, "gsm8k_000007.inference.json", video_path="gsm8k/video/gsm8k_000008.mp4"),
        "gsm8k_000007: inference.json does not name this sample's video and prompt",
    ),
    "no prompt": (
        lambda m: changed_json(m, "gsm8k_000007.rendering.json", prompt=""),
        "gsm8k_000007: rendering.json does not name this sample's video and prompt",
    ),
    "no JSON": (lambda m: replaced(m, "gsm8k_000007.storyboard.json", b"{"), "7.storyboard.json: not a JSON object"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_named_even_when_the_hash_agrees(folder: Path, kind: str) -> None:
    damage, message = DAMAGE[kind]
    tar = folder / "gsm8k-000001.tar"
    write_members(tar, damage(read_members(tar)))
    seal(folder, 1)
    found = problems(folder)
    assert any(message in problem for problem in found), found
    assert all(problem.startswith("gsm8k-000001: ") for problem in found)
    assert not any("sha256" in problem for problem in found)


def test_a_video_of_another_size_is_named(folder: Path, run: Run, tmp_path: Path) -> None:
    run("pack", "gsm8k", "--rows", "rows.jsonl", "--out", "large", "--num-samples", 1, "--num-workers", 1)
    ((_, large), *_) = read_members(tmp_path / "large" / "gsm8k" / "gsm8k-000000.tar")
    tar = folder / "gsm8k-000001.tar"
    write_members(tar, changed_video(read_members(tar), lambda _: large))
    seal(folder, 1)
    assert (
        "gsm8k-000001: gsm8k_000007: the video has 640x360 pixels, 193 frames at 193/10 a second, "
        "not 160x120, 60 at 193/10"
    ) in problems(folder)


def test_a_tar_cut_off_between_two_members_is_torn(folder: Path, run: Run) -> None:
    tar = folder / "gsm8k-000002.tar"
    size = tar.stat().st_size
    tar.write_bytes(tar.read_bytes()[: member_border(tar, 8)])
    assert problems(folder) == [f"gsm8k-000002: tar is missing or not {size:,} bytes as recorded"]
    done = run("verify", check=False)
    assert done.returncode == 1
    assert "gsm8k: 3 shards, 12 samples: 1 problem(s)" in done.stdout


def test_a_tar_cut_off_between_two_members_and_padded_with_zeros_is_found(folder: Path) -> None:
    tar = folder / "gsm8k-000002.tar"
    data = tar.read_bytes()
    tar.write_bytes(data[: member_border(tar, 8)].ljust(len(data), b"\0"))
    assert problems(folder) == ["gsm8k-000002: the tar ends in zeros where samples should be"]


def test_a_tar_with_zeros_in_its_middle_is_found_even_when_the_hash_agrees(folder: Path) -> None:
    tar = folder / "gsm8k-000002.tar"
    data, start, stop = tar.read_bytes(), member_border(tar, 8), member_border(tar, 12)
    tar.write_bytes(data[:start] + bytes(stop - start) + data[stop:])
    first, *others = problems(folder)
    assert first == "gsm8k-000002: the sha256 differs from the ledger's"
    assert others[-1].endswith("samples whose keys differ from the ledger's 6")
    seal(folder, 2)
    assert problems(folder) == others


def test_a_stray_tar_and_a_lost_one_are_named(folder: Path, run: Run) -> None:
    (folder / "gsm8k-000007.tar").write_bytes((folder / "gsm8k-000001.tar").read_bytes())
    (folder / "gsm8k-000000.tar").unlink()
    found = problems(folder)
    assert found[0].startswith("gsm8k-000000: tar is missing")
    assert found[1] == "gsm8k-000007: a tar without a ledger entry"
    (result,) = json.loads(run("verify", "--json", "--num-workers", 2, check=False).stdout)
    assert [problem["shard"] for problem in result["problems"]] == ["gsm8k-000000", "gsm8k-000007"]
    assert (result["shards"], result["samples"]) == (3, 12)


def test_an_entry_that_cannot_be_read_is_named(folder: Path) -> None:
    entry_file(folder, 1).write_bytes(b"{")
    (found,) = problems(folder)
    assert found.startswith("gsm8k-000001: the ledger entry cannot be read: ")
    assert str(entry_file(folder, 1)) in found


def test_a_complete_output_is_clean_with_any_number_of_workers(three_shards: Path, run: Run) -> None:
    for workers in (1, 2):
        done = run("verify", three_shards / "shards", "--num-workers", workers)
        assert done.stdout == "gsm8k: 3 shards, 18 samples: clean\n"

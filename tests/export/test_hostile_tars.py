"""A tar from elsewhere: members that no shard should have are refused, and nothing is extracted."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run
from shards.damage import Members, link, plain, read_members, write_members
from shards.packing import assert_two_lines

pytest_plugins = ["shards.packed"]

HostileMembers = list[tuple["str | tarfile.TarInfo", bytes]]


@pytest.fixture
def members(three_shards: Path) -> Members:
    return read_members(three_shards / "shards" / "gsm8k" / "gsm8k-000000.tar")


def folder_member(name: str) -> tarfile.TarInfo:
    info = plain(name)
    info.type = tarfile.DIRTYPE
    return info


def renamed(members: Members, old: str, new: str) -> Members:
    return [(name.replace(old, new), data) for name, data in members]


def without_prompt(members: Members) -> HostileMembers:
    return [
        (name, json.dumps({"video_path": "x"}).encode() if name == "gsm8k_000004.inference.json" else data)
        for name, data in members
    ]


HOSTILE: dict[str, Callable[[Members], HostileMembers]] = {
    "parent folder": lambda m: [*m, ("../../escaped.mp4", b"x")],
    "parent folder in a sample": lambda m: [*m[:-4], *[(f"../../{name}", data) for name, data in m[-4:]]],
    "absolute name": lambda m: [*m, ("/vwd-escaped.mp4", b"x")],
    "folder in a name": lambda m: [*m, ("video/gsm8k_000009.mp4", b"x")],
    "hidden name": lambda m: [*m, (".gsm8k_000009.mp4", b"x")],
    "symlink": lambda m: [(link("gsm8k_000000.mp4", "../../../secret"), b""), *m[1:]],
    "hard link": lambda m: [*m[:4], (link("gsm8k_000001.mp4", m[0][0], tarfile.LNKTYPE), b""), *m[5:]],
    "folder": lambda m: [(folder_member("gsm8k_000000.mp4"), b""), *m[1:]],
    "device": lambda m: [(link("gsm8k_000000.mp4", "", tarfile.CHRTYPE), b""), *m[1:]],
    "key twice": lambda m: [*m, *m[:4]],
    "member twice": lambda m: [*m, m[-1]],
    "torn sample": lambda m: [*m[:2], *m[4:], *m[2:4]],
    "missing member": lambda m: [*m[:-1]],
    "key of another dataset": lambda m: [*m[:-4], *renamed(m[-4:], "gsm8k", "tinystories")],
    "key of another width": lambda m: [*m[:-4], *renamed(m[-4:], "000005", "5")],
    "key without a number": lambda m: [*m[:-4], *renamed(m[-4:], "000005", "five")],
    "record without a prompt": without_prompt,
    "record that is not JSON": lambda m: [(n, b"{" if n == "gsm8k_000003.rendering.json" else d) for n, d in m],
    "unknown member": lambda m: [*m, ("gsm8k_000005.exe", b"x")],
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_tar_is_refused_and_leaves_nothing(run: Run, tmp_path: Path, members: Members, kind: str) -> None:
    work = tmp_path / "work"
    tar = work / "gsm8k" / "gsm8k-000000.tar"
    write_members(tar, HOSTILE[kind](members))
    (tmp_path / "secret").write_text("not to be read")
    before = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    done = run("export-jsonl", work, "--base-dir", tmp_path / "a" / "b" / "export", check=False)
    assert_two_lines(done)
    assert "gsm8k-000000.tar" in done.stderr
    assert not Path("/vwd-escaped.mp4").exists()
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == before


def test_the_name_in_a_pax_header_is_checked_too(run: Run, tmp_path: Path, members: Members) -> None:
    tar = tmp_path / "work" / "gsm8k" / "gsm8k-000000.tar"
    tar.parent.mkdir(parents=True)
    with tarfile.open(tar, "w", format=tarfile.PAX_FORMAT) as opened:
        for name, _ in members:
            info = plain(name)
            info.pax_headers = {"path": f"../../../{name}"}
            opened.addfile(info)
    assert_two_lines(run("export-jsonl", "work", check=False))
    assert not list(tmp_path.rglob("*.mp4"))


@pytest.mark.parametrize("field", ["comment", "size", "mtime", "path", "GNU.sparse.realsize"])
def test_a_pax_header_of_a_long_number_is_refused_at_once(
    run: Run, tmp_path: Path, members: Members, field: str
) -> None:
    tar = tmp_path / "work" / "gsm8k" / "gsm8k-000000.tar"
    tar.parent.mkdir(parents=True)
    with tarfile.open(tar, "w", format=tarfile.PAX_FORMAT) as opened:
        for name, data in members:
            info = plain(name)
            info.size = len(data)
            info.pax_headers = {field: "9" * 200_000}
            opened.addfile(info, io.BytesIO(data))
    done = run("export-jsonl", "work", check=False, timeout=120)
    assert_two_lines(done)
    assert "extended header" in done.stderr
    assert not list(tmp_path.rglob("*.mp4"))


@pytest.mark.parametrize("content", [b"", b"no tar at all", b"x" * 10_240])
def test_a_file_that_is_not_a_tar_is_refused(run: Run, tmp_path: Path, content: bytes) -> None:
    tar = tmp_path / "work" / "gsm8k" / "gsm8k-000000.tar"
    tar.parent.mkdir(parents=True)
    tar.write_bytes(content)
    assert_two_lines(run("export-jsonl", "work", check=False))
    assert not list((tmp_path / "export").rglob("*.jsonl"))


def test_a_tar_without_members_gives_no_lists_and_no_unexpected_error(run: Run, tmp_path: Path) -> None:
    write_members(tmp_path / "work" / "gsm8k" / "gsm8k-000000.tar", [])
    done = run("export-jsonl", "work", check=False)
    assert "unexpected" not in done.stderr
    assert not list((tmp_path / "export").rglob("*.jsonl"))

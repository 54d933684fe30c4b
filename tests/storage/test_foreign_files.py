"""Only files that this program made are ever removed, and nothing is written through a link."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from conftest import Run
from shards.packing import assert_two_lines, copy_pack, gsm8k, snapshot, write_lamps

from vwd.errors import OutputError, UsageError
from vwd.storage.atomic import create_if_absent, fsync_folder
from vwd.storage.tempfiles import remove_stale, temporary_file
from vwd.storage.urls import parse_path

pytest_plugins = ["shards.packed"]

NO_STORE = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}  # fmt: skip
# Names of users, also such as end like temporary files do, nearly.
THEIRS = ("notes.txt", "data.parquet", "a.b.c", "run.1.2", "x.0123456789ab.7", "x.0123456789AB.7.01234567", ".hidden")


def old(path: Path) -> Path:
    path.write_text("work")
    os.utime(path, (1, 1))
    return path


def test_a_staging_folder_keeps_every_file_of_its_user(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    (tmp_path / "mine").mkdir()
    for name in THEIRS:
        old(tmp_path / "mine" / name)
    assert_two_lines(run(*gsm8k("--out", "s3://bucket/p", "--staging", "mine"), check=False, **NO_STORE))
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == sorted(THEIRS)


def test_an_empty_staging_folder_that_a_user_named_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    remove_stale(tmp_path / "mine")
    assert (tmp_path / "mine").is_dir()


def test_what_a_dead_writer_left_is_removed_and_nothing_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / ".tmp"
    with temporary_file("gsm8k-000000.tar", folder) as (path, _):
        tag = path.name.split(".")[2]
        dead = folder / f"gsm8k-000001.tar.{tag}.4194304.0badcafe"
        dead.write_text("half")
        theirs = old(folder / "thesis.tex")
        assert remove_stale(folder) == 1
        assert path.is_file()
    assert not dead.exists()
    assert theirs.is_file()


@pytest.mark.parametrize("verb", ["pack", "export-jsonl"])
def test_a_link_in_place_of_the_temporary_folder_is_refused(
    run: Run, three_shards: Path, tmp_path: Path, verb: str
) -> None:
    folder = copy_pack(three_shards, tmp_path)
    victim = tmp_path / "victim"
    victim.mkdir()
    old(victim / "thesis.tex")
    (tmp_path / "export" / "gsm8k").mkdir(parents=True)
    (folder if verb == "pack" else tmp_path / "export" / "gsm8k").joinpath(".tmp").symlink_to(victim)
    if verb == "pack":
        (folder / "gsm8k-000001.tar").unlink()
    done = run(*(gsm8k() if verb == "pack" else (verb,)), check=False)
    assert_two_lines(done)
    assert ".tmp is a symbolic link" in done.stderr
    assert [path.name for path in victim.iterdir()] == ["thesis.tex"]


def test_a_folder_that_looks_like_our_staging_is_not_followed(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    (tmp_path / "victim").mkdir()
    (tmp_path / "tmp").mkdir()
    old(tmp_path / "victim" / "thesis.tex")
    (tmp_path / "tmp" / f"vwd-staging-{os.getuid()}").symlink_to(tmp_path / "victim")
    run(*gsm8k("--out", "s3://bucket/p"), check=False, TMPDIR=str(tmp_path / "tmp"), **NO_STORE)
    assert [path.name for path in (tmp_path / "victim").iterdir()] == ["thesis.tex"]
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == [f"vwd-staging-{os.getuid()}"]


def test_a_link_in_place_of_the_ledger_is_refused_and_nothing_is_written_there(
    run: Run, three_shards: Path, tmp_path: Path
) -> None:
    folder = copy_pack(three_shards, tmp_path)
    (folder / "ledger").rename(tmp_path / "elsewhere")
    (folder / "ledger").symlink_to(tmp_path / "elsewhere")
    (folder / "gsm8k-000001.tar").unlink()
    before = snapshot(tmp_path / "elsewhere")
    done = run(*gsm8k(), check=False)
    assert_two_lines(done)
    assert "ledger is a symbolic link" in done.stderr
    assert snapshot(tmp_path / "elsewhere") == before
    assert "torn" in run("status", folder).stdout


def test_a_file_is_created_once_on_file_systems_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "no links here")

    monkeypatch.setattr(os, "link", link)
    assert create_if_absent(tmp_path / "pack.json", b"first", tmp_path / ".tmp")
    assert not create_if_absent(tmp_path / "pack.json", b"second", tmp_path / ".tmp")
    assert (tmp_path / "pack.json").read_bytes() == b"first"


def test_a_full_disk_is_not_taken_for_a_file_system_without_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(OSError, match="full"):
        create_if_absent(tmp_path / "pack.json", b"first", tmp_path / ".tmp")


def test_a_folder_that_cannot_be_synced_is_left_to_its_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(_: int) -> None:
        raise OSError(errno.EINVAL, "not for folders")

    monkeypatch.setattr(os, "fsync", fsync)
    fsync_folder(tmp_path)


@pytest.mark.parametrize("url", ["memory://b/x", "http://host/x", "ftp://host/x", "data://x", "zip://x", "MEMORY://b"])
def test_storage_that_processes_do_not_share_is_refused_by_name(run: Run, tmp_path: Path, url: str) -> None:
    write_lamps(tmp_path, 6)
    done = run(*gsm8k("--out", url), check=False)
    assert_two_lines(done, 2)
    assert "not storage that several processes share" in done.stderr


@pytest.mark.parametrize("text", ["s3:/bucket/x", "s3:bucket/x", "gs:/bucket"])
def test_a_url_with_one_slash_is_a_typo_and_no_folder(text: str) -> None:
    with pytest.raises(UsageError, match="two slashes"):
        parse_path(text)


@pytest.mark.parametrize("text", ["a:b", "c:/x", "shards", "./s3:/x", "2026-11-26T10:00"])
def test_a_folder_with_a_colon_is_a_folder(text: str) -> None:
    assert parse_path(text) == Path(text)


def test_a_link_is_refused_by_the_library_too(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / ".tmp").symlink_to(tmp_path / "there")
    with pytest.raises(OutputError, match="symbolic link"), temporary_file("x", tmp_path / ".tmp"):
        pass

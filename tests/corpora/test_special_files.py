"""Rows are read from regular files alone: anything else is refused at once, and a symlink is what it leads to."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run
from corpora.rowfiles import KINDS, MANY, write
from shards.packing import SMALL, assert_two_lines, write_lamps

from vwd.corpora.registry import find_corpus
from vwd.corpora.sources.open import open_file, open_rows
from vwd.errors import RowsError


def bind_socket(path: Path) -> None:
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{short}/s")  # a socket's path is 107 bytes at most
        Path(short, "s").rename(path)


SPECIAL: dict[str, Callable[[Path], None]] = {
    "a pipe, not a regular file": os.mkfifo,
    "a socket, not a regular file": bind_socket,
    "a device, not a regular file": lambda path: path.symlink_to("/dev/zero"),
    "Is a directory": Path.mkdir,
}


@pytest.mark.parametrize("what", SPECIAL)
@pytest.mark.parametrize("kind", [*KINDS, "txt"])
def test_what_is_no_regular_file_is_refused_unread(tmp_path: Path, kind: str, what: str) -> None:
    path = tmp_path / f"rows.{kind}"
    SPECIAL[what](path)
    with pytest.raises(RowsError) as caught:
        open_file(path)
    assert caught.value.what == f"{path}: {what}"
    assert ".jsonl, .jsonl.gz, .parquet, .csv" in caught.value.hint


def test_a_pipe_given_to_pack_is_refused_in_two_lines(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rows.jsonl")
    assert_two_lines(run("pack", "gsm8k", "--rows", "rows.jsonl", check=False))


@pytest.mark.parametrize("kind", KINDS)
def test_a_symlink_to_a_file_is_that_file(tmp_path: Path, kind: str) -> None:
    original = write(tmp_path / f"original.{kind}", MANY)
    (tmp_path / f"rows.{kind}").symlink_to(original)
    source = open_file(tmp_path / f"rows.{kind}")
    assert list(source.read(0, 700)) == MANY
    assert source.identity == open_file(original).identity


def test_a_symlink_to_nothing_and_one_to_itself_are_errors(tmp_path: Path) -> None:
    for target in ("absent.jsonl", "rows.jsonl"):
        link = tmp_path / "rows.jsonl"
        link.symlink_to(target)
        with pytest.raises(RowsError) as caught:
            open_file(link)
        assert str(link) in caught.value.what
        link.unlink()


@pytest.mark.parametrize(
    "url", ["https://example.org/rows.jsonl", "s3://bucket/rows.parquet", "hf://datasets/a/b.csv", "s3:/bucket/x.jsonl"]
)
def test_a_url_as_rows_says_that_urls_are_not_read(url: str) -> None:
    with pytest.raises(RowsError, match="URLs are not read"):
        open_rows(find_corpus("gsm8k"), url)


def test_a_file_that_is_gone_when_its_rows_are_read_is_named(tmp_path: Path) -> None:
    for kind in KINDS:
        path = write(tmp_path / f"rows.{kind}", MANY)
        source = open_file(path)
        path.unlink()
        with pytest.raises(RowsError, match="No such file") as caught:
            list(source.read(0, 1))
        assert str(path) in caught.value.what


def test_packing_through_a_symlink_gives_the_samples(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 3).rename(tmp_path / "elsewhere.jsonl")
    (tmp_path / "rows.jsonl").symlink_to("elsewhere.jsonl")
    run("pack", "gsm8k", "--rows", "rows.jsonl", *SMALL, "--num-workers", 1)
    assert (tmp_path / "shards" / "gsm8k" / "gsm8k-000000.tar").is_file()


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv", "tsv", "parquet"])
def test_a_pointer_of_git_lfs_is_named_as_such(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"train.{ending}"
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 1234\n")
    for given in (path, tmp_path):
        with pytest.raises(RowsError, match=r"a pointer of Git LFS") as caught:
            open_rows(find_corpus("gsm8k"), str(given))
        assert "git lfs pull" in caught.value.hint

"""Files that grow are written to the disk piece by piece, where the system takes advice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from vwd.shards.tar import shard_tar
from vwd.storage import writeback
from vwd.storage.writeback import Writeback

MB = 1 << 20


@pytest.fixture
def file(tmp_path: Path) -> Iterator[IO[bytes]]:
    with (tmp_path / "file").open("wb") as file:
        yield file


@pytest.fixture
def advised(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The ranges for which advice is given: first byte and length."""
    ranges: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda _file, start, length, _advice: ranges.append((start, length)))
    return ranges


def test_pieces_follow_each_other_up_to_the_end(file: IO[bytes], advised: list[tuple[int, int]]) -> None:
    growing = Writeback(file, start=5)
    for end in (5, MB, 17 * MB, 18 * MB, 40 * MB):
        growing.reach(end)
    growing.begin(41 * MB)
    growing.begin(41 * MB)
    assert advised == [(5, 17 * MB - 5), (17 * MB, 23 * MB), (40 * MB, MB)]


@pytest.mark.parametrize("missing", [True, False])
def test_a_system_that_takes_no_advice_writes_the_file_all_the_same(
    file: IO[bytes], missing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise OSError(95, "Operation not supported")

    if missing:
        monkeypatch.delattr(os, "posix_fadvise")
    else:
        monkeypatch.setattr(os, "posix_fadvise", refuse)
    file.write(bytes(MB))
    growing = Writeback(file)
    growing.begin(MB)
    growing.reach(20 * MB)
    file.flush()
    assert os.fstat(file.fileno()).st_size == MB


def test_a_tar_is_begun_with_before_it_is_complete(
    tmp_path: Path, advised: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writeback, "_PIECE", MB)
    with shard_tar(tmp_path / "a.tar", tmp_path / ".tmp") as tar:
        for _ in range(5):
            tar.write(bytes(MB // 2))
        assert advised == [(0, MB), (MB, MB)]
    assert (tmp_path / "a.tar").stat().st_size == tar.bytes > 5 * MB // 2

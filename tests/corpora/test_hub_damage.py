"""Damaged rows that come through `datasets` are named: the file and the row, in two lines and nothing else."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run
from corpora.hubs import caches
from corpora.rowfiles import write
from shards.packing import SMALL, assert_two_lines

from vwd.corpora.registry import find_corpus
from vwd.corpora.sample import RefusedRow
from vwd.corpora.sources.hub_rows import DatasetRows, StreamRows
from vwd.corpora.sources.open import open_rows
from vwd.errors import HubError, RowsError

ROWS = [{"question": f"How much is {n} plus {n}?", "answer": f"It is {2 * n}.\n#### {2 * n}"} for n in range(700)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "rows"
    made.mkdir()
    return made


def broken_line(folder: Path) -> str:
    path = write(folder / "train.jsonl", ROWS)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:300], b"{broken", *lines[300:]]))
    return f"{path}, line 301"


def flipped_gzip(folder: Path) -> str:
    path = write(folder / "train.jsonl.gz", ROWS)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    return str(path)


def short_gzip(folder: Path) -> str:
    path = folder / "train.jsonl.gz"
    path.write_bytes(gzip.compress(write(folder.parent / "all.jsonl", ROWS).read_bytes())[:2000])
    return str(path)


def flipped_parquet(folder: Path) -> str:
    path = write(folder / "train.parquet", ROWS)
    data = bytearray(path.read_bytes())
    for place in range(len(data) // 3, len(data) // 3 + 40):
        data[place] ^= 0x5A
    path.write_bytes(data)
    return str(path)


def short_parquet(folder: Path) -> str:
    path = write(folder / "train.parquet", ROWS)
    path.write_bytes(path.read_bytes()[:500])
    return str(path)


def long_record(folder: Path) -> str:
    path = write(folder / "train.csv", ROWS)
    path.write_bytes(path.read_bytes() + b"a,b,c,d\r\n")
    return str(path)


def no_rows(folder: Path) -> str:
    (folder / "notes.bak").write_text("nothing of use", "utf-8")
    return str(folder)


@pytest.mark.parametrize("streaming", [(), ("--streaming",)], ids=["stored", "streamed"])
@pytest.mark.parametrize(
    "damage", [broken_line, flipped_gzip, short_gzip, flipped_parquet, short_parquet, long_record, no_rows]
)
def test_a_damaged_file_in_a_folder_is_named(
    run: Run, tmp_path: Path, folder: Path, damage: Callable[[Path], str], streaming: tuple[str, ...]
) -> None:
    named = damage(folder)
    env = {"VWD_HF_DATASET_ID_GSM8K": str(folder), **caches(tmp_path)}
    done = run("pack", "gsm8k", *streaming, *SMALL, "--num-samples", 700, "--num-workers", 1, check=False, **env)
    assert done.returncode == 1
    assert "unexpected" not in done.stderr
    assert "traceback" not in done.stderr.lower()
    assert "internet" not in done.stderr
    if "Error: gsm8k-0" in done.stderr:  # a stream that breaks off: the folder is said, and how to learn the file
        assert "cannot be read from row" in done.stderr
        assert "without --streaming" in done.stderr
        return
    assert_two_lines(done)
    assert named in done.stderr


def test_a_folder_of_several_files_names_the_damaged_one(run: Run, tmp_path: Path, folder: Path) -> None:
    write(folder / "train-0.jsonl", ROWS)
    write(folder / "train-1.jsonl", ROWS)
    (folder / "train-2.jsonl").write_bytes(b"nonsense\n")
    write(folder / "train-3.jsonl", ROWS)
    env = {"VWD_HF_DATASET_ID_GSM8K": str(folder), **caches(tmp_path)}
    done = run("pack", "gsm8k", check=False, **env)
    assert_two_lines(done)
    assert f"{folder / 'train-2.jsonl'}, line 1" in done.stderr


def loaded(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streaming: bool) -> DatasetRows | StreamRows:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("VWD_HF_DATASET_ID_GSM8K", str(folder))
    rows = open_rows(find_corpus("gsm8k"), "", tmp_path / "none", streaming)
    assert isinstance(rows, DatasetRows | StreamRows)
    return rows


@pytest.mark.parametrize("streaming", [False, True], ids=["stored", "streamed"])
def test_a_row_that_is_too_large_stands_for_itself_and_the_next_keep_their_numbers(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streaming: bool
) -> None:
    large = {"question": "Why?", "answer": "Because. " * 1000}
    write(folder / "train.jsonl", [*ROWS[:3], large, *ROWS[3:6]])
    read = list(loaded(folder, tmp_path, monkeypatch, streaming).read(0, 7, max_bytes=5000))
    assert [*read[:3], *read[4:]] == ROWS[:6]
    assert isinstance(read[3], RefusedRow)
    assert "5,000" in read[3].detail


def test_what_other_columns_hold_does_not_count(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "train.jsonl", [{**row, "picture": "x" * 9000} for row in ROWS[:3]])
    for streaming in (False, True):
        rows = loaded(folder, tmp_path, monkeypatch, streaming)
        read = rows.read(0, 3, columns=("question", "answer"), max_bytes=5000)
        assert [(row["question"], row["answer"]) for row in read] == [(r["question"], r["answer"]) for r in ROWS[:3]]


class Breaking:
    """A streamed dataset whose third row fails, as a connection does."""

    def skip(self, count: int) -> Breaking:
        return self

    def take(self, count: int) -> object:
        yield from ROWS[:2]
        raise RuntimeError("the connection was reset\nand more that nobody reads")


@pytest.mark.parametrize(
    ("identity", "kind"), [({"kind": "hub", "id": "me/mine"}, HubError), ({"kind": "folder"}, RowsError)]
)
def test_a_stream_that_breaks_off_says_where(identity: dict[str, str], kind: type[HubError | RowsError]) -> None:
    rows = StreamRows(Breaking(), identity, ("question", "answer"), None).read(10, 20)
    assert [next(rows), next(rows)] == ROWS[:2]
    with pytest.raises(kind) as caught:
        next(rows)
    assert caught.value.what.endswith("from row 12 on: RuntimeError: the connection was reset")
    assert "\n" not in caught.value.hint


def test_a_folder_without_permission_is_said(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "train.jsonl", ROWS[:3])

    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("vwd.corpora.sources.hub_folder.sha256_file", refuse)
    with pytest.raises(RowsError, match="Permission denied") as caught:
        loaded(folder, tmp_path, monkeypatch, streaming=False)
    assert str(folder / "train.jsonl") in caught.value.what
    assert "VWD_HF_DATASET_ID_GSM8K" in caught.value.hint

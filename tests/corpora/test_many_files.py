"""Several files are one source, whose rows are those of the files in the order of their paths."""

from __future__ import annotations

import os
import pickle
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from corpora.rowfiles import KINDS, MANY, write
from hypothesis import given, settings
from hypothesis import strategies as st

from vwd.corpora.registry import find_corpus, own_corpus
from vwd.corpora.sources.judge import schema_of
from vwd.corpora.sources.many import ManyFiles
from vwd.corpora.sources.open import open_given, open_rows
from vwd.corpora.sources.rows import Rows, take
from vwd.errors import RowsError, UsageError

MINE = own_corpus("mine", "a", "b", "en")
CUTS = (0, 1, 250, 251, 400, 700)
STARTS = st.integers(0, 720)


def write_parts(folder: Path, kinds: tuple[str, ...]) -> list[str]:
    """`MANY` in five files."""
    folder.mkdir(exist_ok=True)
    parts = enumerate(pairwise(CUTS))
    return [str(write(folder / f"part-{n}.{kinds[n % len(kinds)]}", MANY[a:b])) for n, (a, b) in parts]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return open_given(write_parts(tmp_path_factory.mktemp("parts"), KINDS), MINE)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(STARTS, STARTS), min_size=1, max_size=4))
def test_any_slices_give_the_rows_of_these_numbers(source: Rows, slices: list[tuple[int, int]]) -> None:
    assert (source.count, source.columns) == (700, ("a", "b"))
    for start, stop in slices:
        assert list(source.read(start, max(start, stop))) == MANY[start : max(start, stop)]


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, 699), unique=True, max_size=12))
def test_rows_in_any_order_are_those_of_these_numbers(source: Rows, indices: list[int]) -> None:
    assert list(take(source, indices)) == [MANY[index] for index in indices]
    assert list(take(pickle.loads(pickle.dumps(source)), indices)) == [MANY[index] for index in indices]


def test_files_folder_and_pattern_are_the_same_rows_in_sorted_order(tmp_path: Path) -> None:
    files = write_parts(tmp_path / "parts", ("jsonl",))
    sources = [
        open_given(given, MINE)
        for given in (files, files[::-1], [str(tmp_path / "parts")], [str(tmp_path / "parts" / "part-?.jsonl")])
    ]
    for source in sources:
        assert list(source.read(0, 700)) == MANY
        assert source.identity == sources[0].identity


def test_the_identity_is_what_the_files_hold_in_order(tmp_path: Path) -> None:
    write_parts(tmp_path / "parts", ("jsonl",))
    before = open_given([str(tmp_path / "parts")], MINE).identity
    (tmp_path / "parts" / ".cache").mkdir()
    write(tmp_path / "parts" / ".cache" / "other.jsonl", MANY[:3])
    (tmp_path / "parts" / "README.md").write_text("# Parts\n")
    (tmp_path / "parts" / "dataset_infos.json").write_text("{}")
    os.utime(tmp_path / "parts" / "part-0.jsonl", (1, 1))
    moved = shutil.move(tmp_path / "parts", tmp_path / "moved")
    assert open_given([str(moved)], MINE).identity == before
    (tmp_path / "moved" / "part-0.jsonl").rename(tmp_path / "moved" / "part-9.jsonl")
    assert open_given([str(moved)], MINE).identity != before


def test_one_file_in_a_folder_is_that_file(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.csv", MANY)
    assert open_given([str(tmp_path)], MINE).identity == open_given([str(path)], MINE).identity


def test_at_most_one_file_is_kept_open(tmp_path: Path) -> None:
    source = open_given(write_parts(tmp_path / "parts", ("csv.gz", "jsonl.gz", "parquet")), MINE)
    assert isinstance(source, ManyFiles)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for start in (0, 300, 100, 600, 5):
        assert next(source.read(start, start + 3)) == MANY[start]
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1


def test_a_file_without_a_column_is_named(tmp_path: Path) -> None:
    write(tmp_path / "1.jsonl", MANY[:2])
    write(tmp_path / "2.jsonl", [{"a": "only"}])
    source = open_given([str(tmp_path)], MINE)
    with pytest.raises(RowsError, match=r"2\.jsonl: mine needs the column\(s\) 'a', 'b'; the rows have 'a'"):
        schema_of(MINE, source)


def test_more_columns_in_one_file_do_not_matter(tmp_path: Path) -> None:
    write(tmp_path / "1.csv", [{"b": "x", "c": "y", "a": "z"}])
    write(tmp_path / "2.jsonl", [{"a": "only", "b": "these"}])
    source = open_given([str(tmp_path / "1.csv"), str(tmp_path / "2.jsonl")], MINE)
    assert schema_of(MINE, source).columns == ("a", "b")
    assert [row["a"] for row in source.read(0, 2, ("a", "b"))] == ["z", "only"]


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (("*.parquet",), "no file matches this pattern"),
        (("rows.jsonl", "./rows.jsonl"), "is given twice"),
        (("rows.jsonl", "rows*.jsonl"), "is given twice"),
        (("absent.jsonl",), "No such file"),
        (("mixed",), "several kinds, csv and jsonl"),
        (("packed",), "several kinds, packed and not"),
        (("empty",), "holds no file of rows"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("rows.jsonl"), MANY[:2])
    for folder, names in {"mixed": ("a.csv", "a.jsonl"), "packed": ("a.csv", "a.csv.gz"), "empty": ()}.items():
        Path(folder).mkdir()
        for name in names:
            write(Path(folder, name), MANY[:2])
    with pytest.raises(RowsError, match=what):
        open_given(given, MINE)


def test_a_file_whose_name_has_the_signs_of_a_pattern_is_that_file(tmp_path: Path) -> None:
    path = write(tmp_path / "rows[1]*.jsonl", MANY[:3])
    assert list(open_given([str(path)], MINE).read(0, 9)) == MANY[:3]


def test_built_in_rows_go_with_no_others(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        open_rows(find_corpus("gsm8k"), ("builtin", str(write(tmp_path / "rows.jsonl", MANY))))

"""Every kind of rows file gives the same rows by number, from any row on and in any process."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from corpora.rowfiles import KINDS, MANY, write
from hypothesis import given, settings
from hypothesis import strategies as st

from vwd.corpora.sources.open import open_file
from vwd.corpora.sources.rows import Rows

SLICE = st.tuples(st.integers(0, 720), st.integers(0, 300)).map(lambda at: (at[0], at[0] + at[1]))


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    folder = tmp_path_factory.mktemp("rows")
    return {kind: open_file(write(folder / f"many.{kind}", MANY)) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_has_the_same_columns_and_number_of_rows(sources: dict[str, Rows], kind: str) -> None:
    assert (sources[kind].columns, sources[kind].count) == (("a", "b"), 700)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(st.lists(SLICE, min_size=1, max_size=4))
def test_any_slices_in_any_order_give_the_rows_of_these_numbers(
    sources: dict[str, Rows], kind: str, slices: list[tuple[int, int]]
) -> None:
    for start, stop in slices:
        assert list(sources[kind].read(start, stop)) == MANY[start:stop]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("edge", [0, 1, 96, 97, 255, 256, 257, 511, 512, 513, 699, 700])
def test_two_adjacent_slices_give_every_row_once(sources: dict[str, Rows], kind: str, edge: int) -> None:
    assert [*sources[kind].read(0, edge), *sources[kind].read(edge, 700)] == MANY


@pytest.mark.parametrize("kind", KINDS)
def test_slices_after_one_that_was_not_read_to_its_end_have_the_right_rows(sources: dict[str, Rows], kind: str) -> None:
    reading = sources[kind].read(100, 400)
    assert [next(reading) for _ in range(5)] == MANY[100:105]
    assert list(sources[kind].read(300, 310)) == MANY[300:310]
    assert list(sources[kind].read(90, 110)) == MANY[90:110]


@pytest.mark.parametrize("kind", KINDS)
def test_pickled_rows_are_the_same_even_if_some_were_read_before(sources: dict[str, Rows], kind: str) -> None:
    assert len(list(sources[kind].read(200, 260))) == 60
    copy = pickle.loads(pickle.dumps(sources[kind]))
    assert copy.identity == sources[kind].identity
    assert (copy.columns, copy.count) == (("a", "b"), 700)
    assert list(copy.read(250, 520)) == MANY[250:520]
    assert list(copy.read(3, 5)) == MANY[3:5]


@pytest.mark.parametrize("kind", KINDS)
def test_a_moved_file_keeps_its_identity_and_a_changed_one_does_not(tmp_path: Path, kind: str) -> None:
    first = open_file(write(tmp_path / f"first.{kind}", MANY[:50])).identity
    assert open_file((tmp_path / f"first.{kind}").rename(tmp_path / f"second.{kind}")).identity == first
    assert open_file(write(tmp_path / f"third.{kind}", MANY[:49])).identity != first


def test_a_raw_line_separator_in_jsonl_does_not_end_a_line(tmp_path: Path) -> None:
    rows = [{"a": "one\u2028two\u2029three\x85four", "b": "x\x0bx".replace("\x0b", "")}, {"a": "next", "b": "y"}]
    source = open_file(write(tmp_path / "rows.jsonl", rows))
    assert source.count == 2
    assert list(source.read(0, 2)) == rows


def test_blank_lines_in_jsonl_are_not_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\n\n  \n{"a": 2}\r\n\n{"a": 3}')
    source = open_file(path)
    assert source.count == 3
    assert [row["a"] for row in source.read(0, 3)] == [1, 2, 3]
    assert [row["a"] for row in source.read(1, 2)] == [2]


def test_csv_fields_can_contain_line_breaks_commas_and_quotes(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes('\ufeffa,b\r\n"one\r\ntwo","say ""hi"", please"\r\n\r\n,"三，四"\r\n'.encode())
    source = open_file(path)
    assert source.count == 2
    assert list(source.read(0, 2)) == [{"a": "one\r\ntwo", "b": 'say "hi", please'}, {"a": "", "b": "三，四"}]


def test_a_csv_field_can_be_longer_than_the_csv_module_allows_by_default(tmp_path: Path) -> None:
    rows = [{"a": "word " * 40_000, "b": "x"}]
    assert list(open_file(write(tmp_path / "rows.csv", rows)).read(0, 1)) == rows


def test_a_csv_row_with_too_few_fields_has_no_text_in_the_last_column(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,2\n3\n", "utf-8")
    assert list(open_file(path).read(1, 2)) == [{"a": "3", "b": None}]

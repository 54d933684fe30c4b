"""The error for a rows file that cannot be read names the file and the line, and says what to do."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from corpora.rowfiles import KINDS, MANY, PACKINGS, write

from vwd.corpora.registry import find_corpus, own_corpus
from vwd.corpora.sources.open import open_file, open_rows
from vwd.errors import RowsError, UsageError


def read_all(path: Path) -> None:
    assert list(open_file(path).read(0, 1000))


def error_of(path: Path) -> RowsError:
    with pytest.raises(RowsError) as caught:
        read_all(path)
    assert str(path) in caught.value.what
    assert caught.value.hint
    assert "\n" not in caught.value.what + caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    "broken", [b'{"a": "b"', b"not json", b'["a"]', b'"text"', b"12", b'{"a": "\xff"}', b"[" * 9999]
)
@pytest.mark.parametrize("line", [1, 2, 300, 600])
def test_a_broken_line_names_file_and_line(tmp_path: Path, broken: bytes, line: int) -> None:
    path = write(tmp_path / "rows.jsonl", MANY)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[: line - 1], broken, *lines[line:]]))
    assert f"{path}, line {line}:" in error_of(path).what


def test_blank_lines_count_as_lines_in_the_message(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": "1"}\n\n\n{"a": "2"}\n\n{broken\n')
    assert f"{path}, line 6:" in error_of(path).what


def test_a_broken_line_in_gzip_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"a": "1"}\n{broken\n'))
    assert f"{path}, line 2:" in error_of(path).what


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz"])
def test_a_slice_that_ends_before_a_broken_line_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"rows.{kind}"
    content = b'{"a": "1"}\n{"a": "2"}\n{broken\n'
    path.write_bytes(gzip.compress(content) if kind == "jsonl.gz" else content)
    assert [row["a"] for row in open_file(path).read(0, 2)] == ["1", "2"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_file_is_an_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"rows.{kind}"
    path.write_bytes(b"")
    assert error_of(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_rows_is_reported_as_such(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / f"rows.{kind}", MANY[:1])
    if kind == "parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.table({"a": pyarrow.array([], pyarrow.string())}), path)
    else:
        content = b"a,b\r\n" if kind == "csv" else b"\n  \n"
        path.write_bytes(PACKINGS.get(kind.lower().rpartition(".")[2], bytes)(content))
    assert "has no rows" in error_of(path).what


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path, kind: str) -> None:
    assert error_of(tmp_path / f"absent.{kind}")
    (tmp_path / f"folder.{kind}").mkdir()
    assert error_of(tmp_path / f"folder.{kind}")


@pytest.mark.parametrize("kind", ["jsonl.gz", "parquet"])
@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.98])
def test_a_file_cut_short_is_an_error(tmp_path: Path, kind: str, fraction: float) -> None:
    path = write(tmp_path / f"rows.{kind}", MANY)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * fraction)])
    assert error_of(path)


@pytest.mark.parametrize("kind", ["jsonl.gz", "parquet"])
def test_a_file_whose_content_does_not_match_its_name_is_an_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"rows.{kind}"
    path.write_text('{"a": "text"}\n' * 9, "utf-8")
    assert error_of(path)


def test_an_unknown_ending_is_refused_with_the_supported_ones(tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text("a", "utf-8")
    assert ".jsonl, .jsonl.gz, .parquet, .csv" in error_of(tmp_path / "rows.txt").hint


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"a,b\n1,2\n3,4,5\n", 3), (b'a,b\n"1\n1",2\n"3"x,4\n', 4), (b"a,b\n1,2\n\xff,4\n", 3), (b'a,b\n1,2\n"3,4\n', 3)],
    ids=["too many fields", "text after a quote", "not UTF-8", "open quote"],
)
def test_a_broken_csv_line_names_file_and_line(tmp_path: Path, content: bytes, line: int) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    assert f"{path}, line {line}:" in error_of(path).what


@pytest.mark.parametrize(
    "content", ["问题,b\n1,2\n".encode("gbk"), "a,b\n1,2\n".encode("utf-16")], ids=["GBK", "UTF-16"]
)
def test_a_csv_file_whose_header_is_not_utf8_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    assert f"{path}, line 1:" in error_of(path).what


def test_a_corpus_of_the_user_s_own_rows_is_not_on_the_hub() -> None:
    with pytest.raises(UsageError, match="not on the hub"):
        open_rows(own_corpus("mine", "a", "b", "en"))


def test_rows_of_a_known_corpus_can_come_from_a_file(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.csv", MANY[:3])
    assert open_rows(find_corpus("gsm8k"), str(path)).count == 3

"""Other delimiters and encodings are read where they show or are given; else the message names the cause."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st
from shards.packing import SMALL, assert_two_lines

from vwd.corpora.sample import RefusedRow
from vwd.corpora.sources.open import open_file
from vwd.corpora.sources.text_file import TextForm
from vwd.errors import RowsError, UsageError

ROWS = [{"a": "Größe, 3; 4", "b": "naïve\tcafé"}, {"a": "x|y", "b": 'say "é"'}]


def csv_text(delimiter: str) -> str:
    lines = [["a", "b"], *([row["a"], row["b"]] for row in ROWS)]
    return "\r\n".join(delimiter.join('"' + v.replace('"', '""') + '"' for v in line) for line in lines) + "\r\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoted", [True, False])
def test_the_header_shows_the_delimiter(tmp_path: Path, delimiter: str, quoted: bool) -> None:
    header = csv_text(delimiter) if quoted else csv_text(delimiter).replace('"a"', "a", 1).replace('"b"', "b", 1)
    (tmp_path / "rows.csv").write_bytes(header.encode())
    source = open_file(tmp_path / "rows.csv")
    assert source.columns == ("a", "b")
    assert list(source.read(0, 2)) == ROWS
    assert source.identity.get("delimiter", ",") == delimiter


def test_a_usual_delimiter_inside_a_quoted_name_separates_nothing(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('"when, where";"a ""b"", c"\n1;2\n')
    assert list(open_file(tmp_path / "rows.csv").read(0, 1)) == [{"when, where": "1", 'a "b", c': "2"}]


@pytest.mark.parametrize("header", ["text", "a longer name", '"one; two"', "prompt: all"])
def test_a_single_column_has_no_delimiter(tmp_path: Path, header: str) -> None:
    (tmp_path / "rows.csv").write_text(f"{header}\nOne word\n")
    assert list(open_file(tmp_path / "rows.csv").read(0, 1)) == [{header.strip('"'): "One word"}]


def test_a_delimiter_that_is_given_is_the_one(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b~c\n1,2~3\n")
    assert open_file(tmp_path / "rows.csv").columns == ("a", "b~c")
    forced = open_file(tmp_path / "rows.csv", form=TextForm("~"))
    assert list(forced.read(0, 1)) == [{"a,b": "1,2", "c": "3"}]
    assert forced.identity != open_file(tmp_path / "rows.csv").identity


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(st.sampled_from('ab;"\n,'), max_size=30), min_size=1, max_size=6), st.integers(1, 60))
def test_large_records_are_passed_over_with_any_delimiter(
    tmp_path_factory: pytest.TempPathFactory, values: list[str], limit: int
) -> None:
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    path.write_bytes(("a;b\n" + "".join('"' + v.replace('"', '""') + '";x\n' for v in values)).encode())
    rows = list(open_file(path).read(0, 99, None, limit))
    assert len(rows) == len(values)
    for row, value in zip(rows, values, strict=True):
        size = len('"' + value.replace('"', '""') + '";x')
        assert isinstance(row, RefusedRow) is (size > limit)
        assert isinstance(row, RefusedRow) or row["a"] == value


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
def test_an_encoding_that_is_given_is_read_and_the_rows_are_the_same_source(
    tmp_path: Path, kind: str, encoding: str
) -> None:
    text = {
        "csv": csv_text(","),
        "json": json.dumps(ROWS, ensure_ascii=False),
        "jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS),
    }[kind]
    (tmp_path / f"other.{kind}").write_bytes(text.encode(encoding))
    (tmp_path / f"utf8.{kind}").write_bytes(text.encode())
    source = open_file(tmp_path / f"other.{kind}", form=TextForm("", encoding))
    assert list(source.read(0, 2)) == ROWS
    assert list(source.read(1, 2)) == ROWS[1:]
    assert source.identity == open_file(tmp_path / f"utf8.{kind}").identity


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json", "tsv"])
@pytest.mark.parametrize(
    ("encoding", "what"),
    [
        ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16-LE"), ("utf-16-be", "UTF-16-BE"),
        ("latin-1", "not UTF-8: byte 0x"), ("utf-32", "UTF-32"),
    ],
)  # fmt: skip
def test_another_encoding_is_named_with_the_option(tmp_path: Path, kind: str, encoding: str, what: str) -> None:
    text = '{"é": "è"}\n' if kind.startswith("json") else "é,b\nè,x\n"
    (tmp_path / f"rows.{kind}").write_bytes(text.encode(encoding))
    with pytest.raises(RowsError) as caught:
        open_file(tmp_path / f"rows.{kind}")
    assert what in caught.value.what
    assert "line 1" in caught.value.what
    assert "`encoding`" in caught.value.hint


def test_text_that_is_not_in_the_given_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes("a,b\né,x\n".encode("latin-1"))
    with pytest.raises(RowsError, match="not ascii"):
        open_file(tmp_path / "rows.csv", form=TextForm("", "ascii"))


@pytest.mark.parametrize("form", [(";;", ""), ('"', ""), ("\n", ""), ("", "none"), ("", "base64"), ("", "rot13")])
def test_what_cannot_be_a_delimiter_or_an_encoding_is_refused(form: tuple[str, str]) -> None:
    with pytest.raises(UsageError):
        TextForm.parse(*form)


@pytest.mark.parametrize("word", ["tab", "TAB", "\\t", "\t"])
def test_a_tab_can_be_said(word: str) -> None:
    assert TextForm.parse(word, "UTF8") == TextForm("\t", "")


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_two_columns_of_one_name_are_refused(tmp_path: Path, name: str) -> None:
    import pyarrow
    import pyarrow.parquet

    if name == "rows.csv":
        (tmp_path / name).write_text("q,a,q\n1,2,3\n")
    else:
        table = pyarrow.Table.from_arrays([pyarrow.array(["x"])] * 3, ["q", "a", "q"])
        pyarrow.parquet.write_table(table, tmp_path / name)
    with pytest.raises(RowsError, match="two columns are called 'q'"):
        open_file(tmp_path / name)


def test_the_options_reach_the_file_and_the_hint_names_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes("question~answer\nIs it café?~Yes.\n".encode("latin-1"))
    command = ("pack", "mine", "--rows", "rows.csv", "--prompt-column", "question", "--answer-column", "answer",
               "--language", "en", *SMALL, "--num-workers", 1)  # fmt: skip
    done = run(*command, "--delimiter", "~", check=False)
    assert_two_lines(done)
    assert "--encoding" in done.stderr
    done = run(*command, "--delimiter", "~", "--encoding", "latin-1", "--json")
    assert json.loads(done.stdout)["samples"] == 1

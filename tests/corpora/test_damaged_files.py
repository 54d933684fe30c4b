"""A damaged rows file is said in two lines that name the file and the row; what is not read may be damaged."""

from __future__ import annotations

import bz2
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from conftest import Run
from corpora.rowfiles import MANY, write
from hypothesis import given, settings
from hypothesis import strategies as st
from shards.packing import assert_two_lines, gsm8k, lamp_rows

from vwd.corpora.sources.open import open_file
from vwd.errors import RowsError, printable


def error_of(path: Path, columns: tuple[str, ...] | None = None) -> RowsError:
    with pytest.raises(RowsError) as caught:
        list(open_file(path).read(0, 1000, columns))
    assert printable(str(path)) in caught.value.what
    assert caught.value.hint
    assert "\n" not in caught.value.what + caught.value.hint
    return caught.value


def test_a_parquet_file_whose_name_is_not_utf_8_is_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "\udcff.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": [1]}), tmp_path / "a.parquet")
    (tmp_path / "a.parquet").rename(path)
    assert error_of(path).what.endswith("the name is not UTF-8, as pyarrow needs it")


@pytest.mark.parametrize("part", [0.0, 0.02, 0.3, 0.6, 0.9, 1.0])
@pytest.mark.parametrize("junk", [b"\x00" * 20, b"\xff" * 20, b"BZh91AY&SY" * 2])
def test_a_damaged_gzip_file_names_the_line_where_it_breaks(tmp_path: Path, part: float, junk: bytes) -> None:
    path = write(tmp_path / "rows.jsonl.gz", MANY)
    data = bytearray(path.read_bytes())
    at = int((len(data) - len(junk)) * part)
    data[at : at + len(junk)] = junk
    path.write_bytes(data)
    line = int(error_of(path).what.split(", line ")[1].split(":")[0])
    assert line == 1 or part > 0  # what is decoded from damage may have any number of lines


def test_a_wrong_checksum_of_gzip_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl.gz", MANY)
    data = bytearray(path.read_bytes())
    data[-8] ^= 1
    path.write_bytes(data)
    assert "line 701: the gzip file is damaged or cut off at this line or after it: CRC" in error_of(path).what


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "csv", "parquet"])
def test_bzip2_under_another_name_is_an_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"rows.{kind}"
    packed = bz2.compress(b'{"a": "text"}\n' * 999)
    for content in (packed, packed[: len(packed) // 2], gzip.compress(packed)[:40]):
        path.write_bytes(content)
        assert error_of(path)


@settings(max_examples=60)
@given(st.sampled_from(["jsonl.gz", "parquet", "csv", "jsonl"]), st.integers(0, 10_000), st.binary(max_size=30))
def test_any_damage_is_a_rows_error_or_gives_rows(
    tmp_path_factory: pytest.TempPathFactory, kind: str, at: int, junk: bytes
) -> None:
    path = write(tmp_path_factory.mktemp("any") / f"rows.{kind}", MANY[:200])
    data = bytearray(path.read_bytes())
    at %= len(data)
    data[at : at + len(junk)] = junk
    path.write_bytes(data)
    try:
        source = open_file(path)
        assert len(list(source.read(0, 1000))) == source.count
    except RowsError as error:
        assert str(path) in error.what  # noqa: PT017 - rows that are whole are right, too


@pytest.mark.parametrize("deep", ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000, "[" * 100_000])
def test_a_line_nested_too_deeply_names_its_line(tmp_path: Path, deep: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"a": "1"}}\n{{"a": "2", "b": {deep}}}\n', "utf-8")
    assert f"{path}, line 2: lists and objects nested too deeply" in error_of(path).what


@pytest.mark.parametrize("line", [1, 2, 4])
def test_a_nul_in_csv_names_its_line(tmp_path: Path, line: int) -> None:
    path = tmp_path / "rows.csv"
    lines = [b"a,b", b"1,2", b"3,4", b"5,6"]
    lines[line - 1] = b"\0" * 9 + b",x"
    path.write_bytes(b"\n".join(lines))
    assert f"{path}, line {line}: a NUL character" in error_of(path).what


def test_a_nul_in_a_line_of_json_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": "1"}\n' + b"\0" * 50 + b"\n")
    assert f"{path}, line 2: not JSON" in error_of(path).what


def text_of(values: list[bytes]) -> Any:
    """An Arrow column of text that is not checked: some writers make files of it."""
    return pyarrow.array(values, pyarrow.binary()).view(pyarrow.string())


def test_text_of_parquet_that_is_not_utf8_names_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    values = [b"fine"] * 500
    values[321] = b"\xff\xfe"
    pyarrow.parquet.write_table(pyarrow.table({"a": ["x"] * 500, "b": text_of(values)}), path)
    assert f"{path}, row 321 (the first is 0): column 'b'" in error_of(path).what
    source = open_file(path)
    assert len(list(source.read(0, 321))) == 321
    assert len(list(source.read(322, 500))) == 178


def test_bad_values_in_columns_that_are_not_wanted_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    columns = {
        "a": ["x"] * 3,
        "time": pyarrow.array([2**62] * 3, pyarrow.timestamp("us")),  # of the year 148,108
        "text": text_of([b"\xff"] * 3),
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    assert list(open_file(path).read(0, 3, ("a",))) == [{"a": "x"}] * 3
    assert "row 0 (the first is 0): column 'time'" in error_of(path).what


def damage_pages(path: Path, column: str, first_page: bool = True) -> None:
    """Overwrites the pages of a column in every row group, or the second half of them."""
    metadata = pyarrow.parquet.read_metadata(path)
    data = bytearray(path.read_bytes())
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for chunk in (group.column(index) for index in range(group.num_columns)):
            if chunk.path_in_schema == column:
                start = chunk.dictionary_page_offset or chunk.data_page_offset
                stop = start + chunk.total_compressed_size
                start = start if first_page else (start + stop) // 2
                data[start:stop] = b"\xa5" * (stop - start)
    path.write_bytes(data)


def test_damaged_pages_of_a_column_that_is_not_wanted_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(MANY), path, row_group_size=97)
    damage_pages(path, "b")
    assert [row["a"] for row in open_file(path).read(0, 700, ("a",))] == [row["a"] for row in MANY]


@pytest.mark.parametrize("first_page", [True, False])
def test_damaged_pages_of_a_wanted_column_name_the_rows(tmp_path: Path, first_page: bool) -> None:
    path = tmp_path / "rows.parquet"
    rows = [{"a": f"Row {n}", "b": f"{n} " * 200} for n in range(700)]
    table = pyarrow.Table.from_pylist(rows)
    pyarrow.parquet.write_table(table, path, row_group_size=700, data_page_size=4096, use_dictionary=False)
    damage_pages(path, "b", first_page)
    what = error_of(path).what
    assert re.fullmatch(rf"{path}, rows? \d+( to \d+)? \(the first is 0\): damaged: .+", what)
    assert (f"{path}, row 0 " in what) or not first_page


def test_a_parquet_file_whose_footer_counts_other_rows_than_it_has_is_damaged(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.parquet", MANY[:90])
    data = path.read_bytes()
    footer = int.from_bytes(data[-8:-4], "little") + 8
    # num_rows, 90, is the third field of the footer, after the schema: its type, and a zigzag number of two bytes.
    at = data.index(b"\x16\xb4\x01", len(data) - footer)
    path.write_bytes(data[:at] + b"\x16\xb2\x01" + data[at + 3 :])
    assert "its row groups do not add up to 89 rows" in error_of(path).what


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.parquet"])
def test_packing_says_a_damaged_file_in_two_lines(run: Run, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("gz"):
        data = bytearray(gzip.compress("".join(json.dumps(row) + "\n" for row in lamp_rows(18)).encode()))
        data[100:140] = b"\xff" * 40
        path.write_bytes(data)
    else:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(lamp_rows(18)), path)
        damage_pages(path, "answer")
    done = run(*gsm8k("--rows", name, "--shard-size", 18), check=False)
    if name.endswith("gz"):
        assert_two_lines(done)
        assert "rows.jsonl.gz, line 1: the gzip file is damaged" in done.stderr
    else:
        assert done.returncode == 1
        assert "Error: gsm8k-000000: rows.parquet, row 0 (the first is 0): damaged: " in done.stderr
        assert "Traceback" not in done.stderr
        assert "unexpected" not in done.stderr

"""A row larger than a row may be is never held: it is skipped by name, and the rows after it keep their numbers."""

from __future__ import annotations

import csv
import gzip
import json
import pickle
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from conftest import Run
from corpora.rowfiles import KINDS, write
from hypothesis import example, given
from hypothesis import strategies as st
from shards.packing import SMALL, read_entry

from vwd.corpora.registry import find_corpus, own_corpus
from vwd.corpora.sample import RefusedRow, Sample, Skip, SkipCode
from vwd.corpora.sources.csv_records import CsvRecords
from vwd.corpora.sources.open import open_file, open_rows
from vwd.corpora.sources.rows import take
from vwd.errors import RowsError
from vwd.limits import LONGEST_TEXT, MAX_ROW_BYTES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Rows 2 and 4 are larger than 200 bytes in any kind of file.
LARGE = (2, 4)
ROWS = [{"a": f"Question {n}?", "b": "word " * 100 if n in LARGE else f'Line {n},\nand "more".'} for n in range(7)]
LIMIT = 200
POOLS: list[Any] = []  # kept: what was allocated from one may outlive the test


@pytest.fixture
def arrow_memory() -> Iterator[Any]:
    """What Arrow allocates during a test."""
    pool, usual = pyarrow.proxy_memory_pool(pyarrow.default_memory_pool()), pyarrow.default_memory_pool()
    POOLS.append(pool)
    pyarrow.set_memory_pool(pool)
    yield pool
    pyarrow.set_memory_pool(usual)


def refused(rows: list[Any]) -> list[int]:
    return [number for number, row in enumerate(rows) if isinstance(row, RefusedRow)]


@pytest.mark.parametrize("kind", KINDS)
def test_larger_rows_are_refused_and_the_others_keep_their_numbers(tmp_path: Path, kind: str) -> None:
    source = open_file(write(tmp_path / f"rows.{kind}", ROWS))
    assert source.count == 7
    rows = list(source.read(0, 7, None, LIMIT))
    assert refused(rows) == list(LARGE)
    assert [row for row in rows if row] == [row for n, row in enumerate(ROWS) if n not in LARGE]
    assert list(source.read(3, 4, None, LIMIT)) == ROWS[3:4]
    assert refused(list(take(source, [4, 0, 2, 6], None, LIMIT))) == [0, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_rows_are_read_where_the_limit_allows_them(tmp_path: Path, kind: str) -> None:
    source = open_file(write(tmp_path / f"rows.{kind}", ROWS))
    assert refused(list(source.read(0, 7, None, LIMIT))) == list(LARGE)
    assert list(source.read(0, 7, None, 1000)) == ROWS
    assert list(source.read(0, 7)) == ROWS


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_columns_that_are_wanted_are_in_a_row(tmp_path: Path, kind: str) -> None:
    source = open_file(write(tmp_path / f"rows.{kind}", ROWS))
    assert list(source.read(1, 3, ("a", "not there"))) == [{"a": "Question 1?"}, {"a": "Question 2?"}]
    assert next(source.read(1, 2, ("b", "a"))) == ROWS[1]


@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT, LIMIT + 1])
@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "csv", "parquet"])
def test_a_row_of_exactly_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path, kind: str, size: int) -> None:
    """The bytes of a line in a file, without its line break; of the values in a table."""
    path = tmp_path / f"rows.{kind}"
    if kind == "parquet":
        pyarrow.parquet.write_table(pyarrow.table({"a": ["é" * ((size - 1) // 2) + "x" * (2 - size % 2)]}), path)
    elif kind == "csv":
        path.write_text(f"a\n{'x' * size}\n", "utf-8")
    else:
        line = f'{{"a": "{"x" * (size - 9)}"}}\n'.encode()
        path.write_bytes(gzip.compress(line) if kind.endswith("gz") else line)
    [row] = open_file(path).read(0, 1, None, LIMIT)
    assert isinstance(row, RefusedRow) is (size > LIMIT)


def test_a_refused_row_is_a_bad_row_that_names_its_size_and_the_limit() -> None:
    corpus = own_corpus("mine", "a", "b", "en")
    row = pickle.loads(pickle.dumps(RefusedRow.too_large(20_000_001, MAX_ROW_BYTES)))
    skip = corpus.sample(row, 3, corpus.schemas[0])
    assert skip == Skip(SkipCode.BAD_ROW, "a row of 20,000,001 bytes, more than the 16,000,000 that one may have")


def test_a_text_longer_than_is_ever_laid_out_is_a_bad_row() -> None:
    corpus = own_corpus("mine", "a", "b", "en")
    skip = corpus.sample({"a": "How many?", "b": "a" * (LONGEST_TEXT + 1)}, 0, corpus.schemas[0])
    assert skip == Skip(
        SkipCode.BAD_ROW, "column 'b' holds 1,000,001 characters, more than the 1,000,000 that are laid out"
    )
    assert isinstance(corpus.sample({"a": "b", "b": "a" * LONGEST_TEXT}, 0, corpus.schemas[0]), Sample)


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "csv"])
def test_a_huge_line_is_counted_in_little_memory(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"rows.{kind}"
    start, end = (b"a,b\nq,", b"\nq,r\n") if kind == "csv" else (b'{"a": "q", "b": "', b'"}\n{"a": "q", "b": "r"}\n')
    with gzip.open(path, "wb", 1) if kind.endswith("gz") else path.open("wb") as file:
        file.write(start)
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(end)
    tracemalloc.start()
    try:
        source = open_file(path)
        rows = list(source.read(0, 2))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert source.count == 2
    assert refused(rows) == [0]
    assert rows[1] == {"a": "q", "b": "r"}
    assert "100,000,0" in rows[0].detail if isinstance(rows[0], RefusedRow) else False
    assert peak < 5 * MAX_ROW_BYTES


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_lines_are_counted_right_among_millions_of_empty_ones(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows.{ending}"
    content = b"\n" * 3_000_000 + b'{"a": "1"}\n' + b"\n" * 5 + b"{broken\n"
    packed = {"jsonl": content, "jsonl.gz": gzip.compress(content), "jsonl.zst": zstd.compress(content)}
    path.write_bytes(packed[ending])
    rows = open_file(path)
    assert (rows.count, rows.columns) == (2, ("a",))
    with pytest.raises(RowsError, match="line 3000007"):
        list(rows.read(0, 2))


def test_blank_lines_are_no_rows_unless_they_are_larger_than_a_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    blanks = b" " * (MAX_ROW_BYTES + 1)
    path.write_bytes(b'{"a": "1"}\n' + b" " * 1000 + b"\n" + blanks + b'\n{"a": "2"}\n' + blanks)
    source = open_file(path)
    for limit in (100, MAX_ROW_BYTES, 2 * MAX_ROW_BYTES):  # rows have the same numbers whatever the limit
        rows = list(source.read(0, 9, None, limit))
        assert [row.get("a") for row in rows] == ["1", None, "2", None]
        assert refused(rows) == [1, 3]


def test_the_columns_are_those_of_rows_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"a": "x" * MAX_ROW_BYTES}) + '\n{"c": "1", "d": "2"}\n', "utf-8")
    assert open_file(path).columns == ("c", "d")
    assert open_file(path, 2 * MAX_ROW_BYTES).columns == ("a", "c", "d")
    path.write_text(json.dumps({"a": "x" * MAX_ROW_BYTES}) + "\n", "utf-8")
    with pytest.raises(RowsError, match="every row is larger than 16,000,000 bytes") as caught:
        open_file(path)
    assert "`max_row_bytes`" in caught.value.hint


def test_an_endless_header_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a" * (MAX_ROW_BYTES + 1) + "\n1\n", "utf-8")
    with pytest.raises(RowsError, match="line 1: as the header, a row of 16,000,001 bytes"):
        open_file(path)


FIELDS = st.text(st.sampled_from('ab",\r\n é') | st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(st.lists(FIELDS, min_size=2, max_size=3), min_size=1, max_size=8), st.integers(1, 60))
@example([["\r\n" * 9, '"' * 9], ["a", "b"]], 12)
@example([["a", 'b"' * 30], ["c", "d"]], 5)
def test_csv_records_are_cut_as_the_csv_module_cuts_them_and_only_large_ones_are_passed_over(
    tmp_path_factory: pytest.TempPathFactory, records: list[list[str]], limit: int
) -> None:
    path = tmp_path_factory.mktemp("csv") / "any.csv"
    ends = []
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        for record in records:
            writer.writerow(record)
            ends.append(text.tell())
    sizes = [end - start - len("\r\n") for start, end in zip([0, *ends], ends, strict=False)]
    with path.open(encoding="utf-8", newline="") as text:
        found = list(CsvRecords(text, limit))
    assert len(found) == len(records)
    for record, size, made in zip(records, sizes, found, strict=True):
        if size > limit:
            assert isinstance(made, RefusedRow)
            assert f"{size:,} bytes" in made.detail
        else:
            assert made == record


def repeated(values: dict[str, Any], count: int) -> pyarrow.Table:
    """A table whose every row is the same, which costs nothing; as a parquet file, too."""
    indices = pyarrow.array([0] * count, pyarrow.int32())
    repeat = pyarrow.DictionaryArray.from_arrays
    return pyarrow.table({name: repeat(indices, pyarrow.array([value])) for name, value in values.items()})


@pytest.mark.parametrize("compression", ["snappy", "none", "zstd"])
def test_large_values_of_parquet_are_decoded_few_at_a_time(tmp_path: Path, compression: str, arrow_memory: Any) -> None:
    """A file of some kilobytes may hold a gigabyte: each row repeats a value of two megabytes."""
    path = tmp_path / "rows.parquet"
    table = repeated({"a": "x" * 2_000_000}, 500)
    pyarrow.parquet.write_table(table, path, store_schema=False, compression=compression)
    assert sum(len(row["a"]) for row in open_file(path).read(0, 500)) == 1_000_000_000
    assert arrow_memory.max_memory() < 300_000_000


def test_a_huge_row_group_and_a_wide_column_beside_the_text_cost_little(tmp_path: Path, arrow_memory: Any) -> None:
    """As public corpora are: one row group of everything, with images; a repeated text takes no room in the file."""
    path = tmp_path / "rows.parquet"
    count = 100_000
    table = repeated({"a": "x" * 2000, "image": b"\xff" * 400}, count)
    pyarrow.parquet.write_table(table, path, row_group_size=count, store_schema=False)
    used = arrow_memory.bytes_allocated()
    source = open_file(path)
    assert [row["a"] for row in source.read(0, 3, ("a",))] == ["x" * 2000] * 3
    assert len(list(take(source, [99_999, 5, 50_000, 7], ("a",)))) == 4
    assert arrow_memory.max_memory() - used < 20_000_000


def test_rows_of_parquet_are_decoded_once_where_they_rise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": [str(n) for n in range(9000)]}), path, row_group_size=5000)
    started = []
    original = pyarrow.parquet.ParquetFile.iter_batches

    def counting(self: Any, *args: Any, **options: Any) -> Any:
        started.append(options["row_groups"])
        return original(self, *args, **options)

    monkeypatch.setattr(pyarrow.parquet.ParquetFile, "iter_batches", counting)
    source = open_file(path)
    numbers = [8999, 0, 4999, 5000, 17, 18, 2048]
    assert [row["a"] for row in take(source, numbers)] == [str(number) for number in numbers]
    assert started == [[0], [1]]
    assert [row["a"] for row in source.read(3, 5)] == ["3", "4"]
    assert started == [[0], [1], [0]]


def test_packing_skips_a_large_row_and_says_why(run: Run, tmp_path: Path) -> None:
    rows = [{"question": f"What is {n} plus 1?", "answer": f"It is {n + 1}."} for n in range(4)]
    rows[2]["answer"] = "word " * 1000
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run("pack", "gsm8k", "--rows", "rows.jsonl", "--max-row-bytes", 1000, *SMALL, "--num-workers", 1)
    entry = read_entry(tmp_path / "shards" / "gsm8k", 0)
    assert entry["samples"] == 3
    assert "a row of 5,0" in json.dumps(entry["skips"])
    assert "more than the 1,000 that one may have" in json.dumps(entry["skips"])


def test_a_schema_reads_no_other_columns_than_it_names() -> None:
    asked: set[str] = set()

    class Watched(dict[str, str]):
        def __getitem__(self, name: str) -> str:
            asked.add(name)
            return super().__getitem__(name)

        def get(self, name: str, default: Any = None) -> Any:
            asked.add(name)
            return super().get(name, default)

    for name in ("gsm8k", "openmath2_gsm8k", "belle_school_math", "gsm8k_chinese", "tinystories"):
        corpus = find_corpus(name)
        source = open_rows(corpus, "builtin")
        schema = corpus.schema_for(source.columns)
        for number, row in enumerate(source.read(0, source.count or 0)):
            corpus.sample(Watched(row), number, schema)
        assert set(schema.columns) <= asked <= set(schema.wanted)
        asked.clear()

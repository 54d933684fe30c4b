"""A .json file that holds an array gives the rows of the same objects one a line, item by item."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vwd.corpora.sample import RefusedRow
from vwd.corpora.sources.json_array import read_items
from vwd.corpora.sources.lines import Line, Mark
from vwd.corpora.sources.open import open_file
from vwd.corpora.sources.text_file import TextFile
from vwd.errors import RowsError
from vwd.limits import MAX_ROW_BYTES

VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=20) | st.sampled_from(['"', "\\", "]", "},{", "\\\\"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, min_size=1, max_size=4), min_size=1, max_size=20)
BROKEN = {
    "": "has no rows",
    "[]": "has no rows",
    '[{"a": 1}': "the array is not closed",
    '[{"a": "1': "the array is not closed",
    '[{"a": 1},]': "']' where an item should be",
    '[,{"a": 1}]': "',' where an item should be",
    '[{"a": 1},,{"a": 1}]': "',' where an item should be",
    '[{"a": 1}}': "'}' where an item should be",
    '[{"a": 1}] [2]': "text after the array",
    "[1]": "not an object",
    '{"a":\n1}': "an array of objects, or one object a line",
}


@settings(deadline=None, max_examples=60)
@given(OBJECTS, st.sampled_from([None, 0, 3]), st.booleans())
def test_any_array_gives_its_objects(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], indent: int | None, ascii_only: bool
) -> None:
    path = tmp_path_factory.mktemp("array") / "rows.json"
    path.write_text("\ufeff\n" + json.dumps(rows, indent=indent, ensure_ascii=ascii_only) + "\n", "utf-8")
    source = open_file(path)
    assert source.count == len(rows)
    assert list(source.read(0, len(rows))) == rows
    assert list(source.read(len(rows) // 2, len(rows))) == rows[len(rows) // 2 :]


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_array_of_objects_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "rows.json").write_text(text)
    with pytest.raises(RowsError) as caught:
        open_file(tmp_path / "rows.json")
    assert BROKEN[text] in str(caught.value)
    assert "rows.json" in caught.value.what


def test_every_item_has_its_line_and_its_place(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('\n[\n  {"a": 1},\n\n  {\n  "a": 2}  ,{"a": 3}\n]\n')
    items = list(read_items(TextFile(path), Mark(0, 1, 0), 100))
    assert [(item.number, item.content) for item in items] == [
        (3, b'{"a": 1}'), (5, b'{\n  "a": 2}'), (6, b'{"a": 3}'),
    ]  # fmt: skip
    for at, item in enumerate(items):
        again = list(read_items(TextFile(path), Mark(at, item.number, item.offset), 100))
        assert again == items[at:]
        assert isinstance(again[0], Line)


def test_a_file_named_json_may_hold_one_object_a_line(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text('{"a": "1"}\n{"a": "2"}\n')
    assert [row["a"] for row in open_file(tmp_path / "rows.json").read(0, 5)] == ["1", "2"]


def test_a_huge_item_is_counted_in_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "rows.json").open("wb") as file:
        file.write(b'[{"a": "')
        for _ in range(60):
            file.write(b"x" * 1_000_000)
        file.write(b'"}, {"a": "next"}]')
    tracemalloc.start()
    try:
        rows = list(open_file(tmp_path / "rows.json").read(0, 9))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(rows[0], RefusedRow)
    assert rows[1:] == [{"a": "next"}]
    assert peak < 3 * MAX_ROW_BYTES

"""Where the columns of a parquet file are and how large their pages, as its own library counts them; damage is said."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vwd.corpora.sources.parquet_pages import chunk_places, largest_page

TABLE = pyarrow.table(
    {
        "text": [f"row {n} " * 20 for n in range(3000)],
        "turns": [[{"role": "x", "content": str(n) * 30}] * 3 for n in range(3000)],
        "number": list(range(3000)),
        "long": [None if n % 3 else "x" * 5000 for n in range(3000)],
    }
)


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False}, {"write_statistics": False, "store_schema": False}])
@pytest.mark.parametrize("compression", ["none", "zstd"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("page", [1000, 1 << 20])
def test_places_and_pages_are_those_of_the_library(
    tmp_path: Path, options: dict[str, Any], compression: str, version: str, page: int
) -> None:
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(
        TABLE, path, row_group_size=1000, compression=compression, data_page_version=version, data_page_size=page,
        **options,
    )  # fmt: skip
    metadata = pyarrow.parquet.read_metadata(path)
    with path.open("rb") as file:
        places = chunk_places(file)
        assert len(places) == metadata.num_row_groups == 3
        for number, group in enumerate(places):
            assert len(group) == metadata.num_columns == 5
            for column, place in enumerate(group):
                chunk = metadata.row_group(number).column(column)
                start = chunk.dictionary_page_offset or chunk.data_page_offset
                assert place == (start, start + chunk.total_compressed_size)
                largest = largest_page(file, place)
                assert 0 < largest <= chunk.total_uncompressed_size
                if chunk.path_in_schema == "long" and "use_dictionary" in options:
                    assert 5000 < largest < 6_000_000


def test_a_header_longer_than_is_read_at_first_is_read_whole(tmp_path: Path) -> None:
    """It holds the smallest and the largest value, if a writer so wants."""
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": ["x" * 3000, "y" * 3000]}), path, use_dictionary=False)
    with path.open("rb") as file:
        [[place]] = chunk_places(file)
        assert 6000 < largest_page(file, place) < 6100


@given(st.binary(max_size=300), st.integers(0, 40), st.integers(0, 400))
def test_any_bytes_give_numbers_or_a_value_error(data: bytes, start: int, stop: int) -> None:
    footer = data + len(data).to_bytes(4, "little") + b"PAR1"
    for content in (data, footer):
        try:
            places = [place for group in chunk_places(io.BytesIO(content)) for place in group]
        except ValueError:
            places = []
        for place in [*places, (start, stop)]:
            with suppress(ValueError):
                assert largest_page(io.BytesIO(content), place) >= 0

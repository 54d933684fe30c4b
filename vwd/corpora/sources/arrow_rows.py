"""Arrow tables as rows: those of parquet files, and of local copies on disk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np

from vwd.corpora.sample import RefusedRow, Row
from vwd.errors import RowsError
from vwd.limits import ARROW_BATCH_ROWS

# What `to_pylist` raises for values that Python cannot hold: text that is not UTF-8, times before year 1 and others.
_VALUE_ERRORS = (ValueError, OverflowError, TypeError, NotImplementedError)


def arrow_rows(
    table: Any,
    columns: Collection[str] | None,
    max_bytes: int,
    name_row: Callable[[int], str],
    hint: str = "Write this column again as UTF-8 text, or leave out the row.",
    refuse: bool = False,
) -> Iterator[Row]:
    """The rows of an Arrow table or record batch. What is large is measured before it is copied.

    Args:
        columns: those that rows need to have; None for all. Damage in others does not matter.
        max_bytes: of a row's values; a `RefusedRow` stands for a larger one.
        name_row: the row's name in a message, from its place in the table.
        hint: what to do about a damaged row.
        refuse: whether a `RefusedRow` stands for a damaged row, too.

    Raises:
        RowsError: a value is damaged; names the row and the column.
    """
    wanted = table.select([name for name in table.schema.names if columns is None or name in columns])
    for first in range(0, wanted.num_rows, ARROW_BATCH_ROWS):
        batch = wanted.slice(first, ARROW_BATCH_ROWS)
        rows = _to_python(batch, max_bytes)
        if rows is not None:
            yield from rows
            continue
        for place in range(batch.num_rows):
            yield _one_row(batch.slice(place, 1), max_bytes, name_row(first + place), hint, refuse)


def _to_python(batch: Any, max_bytes: int | None = None) -> list[dict[str, Any]] | None:
    """A batch as rows; None where it is damaged, or larger than `max_bytes`."""
    import pyarrow
    from pyarrow import types

    try:
        batch.validate(full=True)  # a damaged offset would otherwise be followed to wherever it points
        if max_bytes is not None and batch.nbytes > max_bytes:
            return None
        rows: list[dict[str, Any]] = batch.to_pylist()
    except (pyarrow.ArrowException, *_VALUE_ERRORS):
        return None
    for field in batch.schema:
        if types.is_float32(field.type) or types.is_float16(field.type):
            short = np.float32 if types.is_float32(field.type) else np.float16
            for row in rows:
                if row[field.name] is not None:  # 0.1 and not the nearest double, 0.10000000149011612
                    row[field.name] = float(str(short(row[field.name])))
    return rows


def _one_row(row: Any, max_bytes: int, name: str, hint: str, refuse: bool) -> Row:
    if _is_whole(row):
        size = sum(map(_size, row.columns))
        if size > max_bytes:
            return RefusedRow.too_large(size, max_bytes)
        if rows := _to_python(row):
            return rows[0]
    damaged = next((column for column in row.schema.names if _to_python(row.select([column])) is None), "")
    what = f"column '{damaged}' holds a value that cannot be read"
    if refuse:
        return RefusedRow(what)
    raise RowsError(f"{name}: {what}", hint)


def _is_whole(value: Any) -> bool:
    import pyarrow

    try:
        value.validate(full=True)
    except (pyarrow.ArrowException, *_VALUE_ERRORS):
        return False
    return True


def _size(column: Any) -> int:
    """The bytes of a column of one value, without what Arrow keeps beside them, or for values that it repeats."""
    from pyarrow import compute, large_binary, types

    kind = column.type
    if types.is_dictionary(kind):
        column = compute.cast(column, kind.value_type)
    elif str(kind) in ("string_view", "binary_view"):
        column = compute.cast(column, large_binary())
    kind = column.type
    if types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        return int(compute.sum(compute.binary_length(column)).as_py() or 0)
    return int(column.nbytes)

"""Several tables as one: every column, and every path once."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from vwd.meta.tables import Row, Table


def merged_columns(tables: Sequence[Table]) -> tuple[str, ...]:
    """The columns of all tables, in the order in which they first appear."""
    return tuple(dict.fromkeys(column for table in tables for column in table.columns))


def merged_types(tables: Sequence[Table]) -> dict[str, Any]:
    """Their Arrow types, where any has one."""
    types: dict[str, Any] = {}
    for table in tables:
        types = {**table.types, **types}
    return types


def merged_rows(tables: Sequence[Table]) -> Iterator[Row]:
    """The rows of all tables; of those with one `path` the first. Eight bytes of memory a row, and repeated paths."""
    repeated = _repeated(tables)
    seen: set[str] = set()
    for table in tables:
        for row in table.rows():
            path = row.get("path")
            if path and _digest(path) in repeated:
                if path in seen:
                    continue
                seen.add(path)
            yield row


def _repeated(tables: Sequence[Table]) -> set[int]:
    """Digests that occur more than once."""
    import numpy as np

    digests = array("q", (_digest(row["path"]) for table in tables for row in table.rows() if row.get("path")))
    found = np.frombuffer(digests, np.int64).copy() if digests else np.zeros(0, np.int64)
    found.sort()
    return set(found[1:][found[1:] == found[:-1]].tolist())


def _digest(path: str) -> int:
    return int.from_bytes(blake2b(path.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "big", signed=True)

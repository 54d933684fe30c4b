"""Several tables as one: every column, and every path once."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from struct import Struct
from typing import Any

from vwd.meta.tables import Row, Table

_HALVES = Struct("<qq").unpack


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
    """The rows of all tables; of those with one `path` the first. Memory: eight bytes a row, 24 a repeated path."""
    repeated = _repeated(tables)
    # Of each the other half of the digest of the path that came; 0 where none has yet.
    came = array("q", bytes(8 * len(repeated)))
    # Paths that share the first half with another path before them: of ten million rows, nearly never one.
    more: set[str] = set()
    for table in tables:
        for row in table.rows():
            path = row.get("path") if repeated else None
            if path:
                first, second = _digest(path)
                place = bisect_left(repeated, first)
                if place < len(repeated) and repeated[place] == first:
                    if came[place] == second or path in more:
                        continue
                    if came[place]:
                        more.add(path)
                    else:
                        came[place] = second
            yield row


def distinct(values: Iterable[str]) -> int:
    """How many different texts there are, by digests of 64 bits."""
    import numpy as np

    digests = array("q", (_digest(value)[0] for value in values))
    return len(np.unique(np.frombuffer(digests, np.int64))) if digests else 0


def _repeated(tables: Sequence[Table]) -> array[int]:
    """The first halves of digests that occur more than once, sorted."""
    import numpy as np

    digests = array("q", (_digest(path)[0] for table in tables for path in table.values("path") if path))
    found = np.frombuffer(digests, np.int64) if digests else np.zeros(0, np.int64)
    found.sort()
    return array("q", np.unique(found[1:][found[1:] == found[:-1]]).tobytes())


def _digest(path: str) -> tuple[int, int]:
    """Two halves of 64 bits; the second is never 0."""
    first, second = _HALVES(blake2b(path.encode("utf-8", "surrogateescape"), digest_size=16).digest())
    return first, second or 1

"""Rows whose id an earlier row has, over all files of a group: found once, before anything is packed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import numpy as np
import xxhash

from vwd.corpora.sample import Row
from vwd.corpora.sources.rows import Rows
from vwd.limits import LARGEST_RECORD
from vwd.records.record import ID_COLUMNS, record_id


def repeated_rows(
    rows: Rows, identity_of: Callable[[Row], str] = record_id, columns: Collection[str] = ID_COLUMNS
) -> frozenset[int]:
    """The numbers of rows whose id an earlier row has; rows without an id are none of them.

    Holds eight bytes a row, and the ids that several rows seem to have.

    Args:
        columns: that `identity_of` reads; it gives "" for a row without an id.

    Raises:
        RowsError: the ids cannot be read; names the rows.
    """

    def identities() -> Iterator[str]:
        return map(identity_of, rows.read(0, rows.count or 0, columns, LARGEST_RECORD))

    hashes = np.fromiter(map(_hash, identities()), np.uint64)
    order = np.argsort(hashes, kind="stable")
    same = hashes[order][1:] == hashes[order][:-1]
    twice = set(order[1:][same].tolist()) | set(order[:-1][same].tolist())
    if not twice:
        return frozenset()
    # Two ids may have one hash: these few are compared as text.
    seen: set[str] = set()
    repeated = set()
    for index, identity in enumerate(identities()):
        if index in twice and identity:
            if identity in seen:
                repeated.add(index)
            seen.add(identity)
    return frozenset(repeated)


def _hash(identity: str) -> int:
    return xxhash.xxh3_64_intdigest(identity.encode("utf-8", "surrogatepass"))

"""Joining splits of several benchmarks to one file to train on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from vwd.errors import RowsError
from vwd.records.benchmarks.prepare import PreparedSplit
from vwd.records.benchmarks.schema import parse_record
from vwd.storage.atomic import atomic_write_if_changed
from vwd.storage.errors import output_errors


def merge_splits(name: str, parts: Sequence[PreparedSplit], path: Path, temp: Path) -> PreparedSplit:
    """Writes the records of several splits behind each other.

    Raises:
        RowsError: two of them have the same dataset and id.
        OutputError: the file cannot be written.
    """
    seen: set[tuple[str, str]] = set()
    digest = hashlib.sha256()
    with output_errors(path.parent, "and run again."), atomic_write_if_changed(path, temp, lambda: None) as file:
        for part in parts:
            with part.path.open("rb") as lines:
                for line in lines:
                    record = parse_record(line)
                    if (record.dataset, record.id) in seen:
                        raise RowsError(
                            f"{part.path}: the id '{record.id}' of {record.dataset} stands in another part already",
                            "Leave out one of the splits, or give the rows ids of their own.",
                        )
                    seen.add((record.dataset, record.id))
                    file.write(line)
                    digest.update(line)
    sources = tuple((str(part.path), part.sha256) for part in parts)
    return PreparedSplit(
        name, "train", path, len(seen), len(seen), sha256=digest.hexdigest(), source="merged", files=sources
    )

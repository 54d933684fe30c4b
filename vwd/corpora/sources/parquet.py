"""Rows of a parquet file: the wanted columns alone, a batch at a time, however large a row group is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import ClassVar

from vwd.corpora.sample import Row
from vwd.corpora.sources.arrow_rows import arrow_rows
from vwd.corpora.sources.parquet_batches import HINT, Walk, name_rows, open_parquet_file, rows_as_large_as_most
from vwd.corpora.sources.rows import check_names
from vwd.errors import RowsError
from vwd.limits import MAX_ROW_BYTES
from vwd.storage.hashing import sha256_file


@dataclass(frozen=True)
class ParquetRows:
    """A parquet file. A row is reached by decoding its row group up to it, once for rows that rise.

    Attributes:
        refuse: whether a `RefusedRow` stands for a row of which a value is damaged, instead of an error.
        cuts: the first row of each row group: where reading begins without decoding what is before.
    """

    path: Path
    sha256: str
    count: int
    columns: tuple[str, ...]
    refuse: bool = False
    cuts: tuple[int, ...] = field(default=(), compare=False, repr=False)
    _walk: Walk = field(default_factory=Walk, compare=False, repr=False)

    seekable: ClassVar[bool] = True

    @property
    def identity(self) -> dict[str, str]:
        return {"kind": "file", "sha256": self.sha256}

    @property
    def name(self) -> str:
        return str(self.path)

    def release(self) -> None:
        """Closes what is kept open for reading on."""
        self._walk.release()

    def read(
        self, start: int, stop: int, columns: Collection[str] | None = None, max_bytes: int = MAX_ROW_BYTES
    ) -> Iterator[Row]:
        """Rows `start` to `stop`.

        Raises:
            RowsError: a wanted column is damaged; names the row, or the rows that are decoded together.
        """
        wanted = tuple(name for name in self.columns if columns is None or name in columns)
        stop = min(stop, self.count)
        while start < stop:
            batch = self._walk.batch_with(self.path, wanted, start)
            table = batch.table.slice(start - batch.start, stop - start)
            name_row = _Namer(self.path, start)
            start = batch.stop
            yield from arrow_rows(table, wanted, max_bytes, name_row, refuse=self.refuse)


@dataclass(frozen=True)
class _Namer:
    path: Path
    first: int

    def __call__(self, place: int) -> str:
        return name_rows(self.path, self.first + place, self.first + place + 1)


def open_parquet(path: Path, images: bool = False, sha256: str | None = None) -> ParquetRows:
    """Reads the file's footer and hash.

    Args:
        images: its rows are large, and one that is damaged is to cost that row alone.
        sha256: its hash; "" where another process finds it out, and it is filled in later.

    Raises:
        RowsError: it is not a parquet file, or has no rows.
    """
    with open_parquet_file(path) as file:
        metadata = file.metadata
        count, columns = metadata.num_rows, tuple(file.schema_arrow.names)
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        if any(group.num_rows < 0 for group in groups) or sum(group.num_rows for group in groups) != count:
            raise RowsError(f"{path}: a damaged parquet file: its row groups do not add up to {count} rows", HINT)
    if not count:
        raise RowsError(f"{path} has no rows", "Give a file with at least one row.")
    check_names(path, columns)
    walk = Walk(rows_as_large_as_most) if images else Walk()
    cuts = tuple(accumulate((group.num_rows for group in groups[:-1]), initial=0))
    return ParquetRows(path, sha256_file(path) if sha256 is None else sha256, count, columns, images, cuts, walk)

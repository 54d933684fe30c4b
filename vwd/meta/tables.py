"""Tables of videos, CSV or Parquet: read and written a row at a time, whatever their length."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from vwd.corpora.sample import RefusedRow
from vwd.corpora.sources.csv_records import CsvRecords
from vwd.corpora.sources.parquet_batches import Walk, open_parquet_file
from vwd.errors import RowsError, TableError
from vwd.limits import MAX_ROW_BYTES
from vwd.storage.atomic import atomic_path
from vwd.storage.tempfiles import temporary_folder

# A value is as the file has it: text in CSV, so that what no step changes is written back letter by letter.
Row = dict[str, Any]

_INTEGERS = {"num_frames", "num_frames_header", "height", "width", "resolution", "scene", "start_frame", "end_frame"}
_FLOATS = {"aspect_ratio", "fps", "aes"}
_BATCH = 4096
# A row group has this many batches, or bytes: the description of each column of each group is held in memory.
_GROUP, _GROUP_BYTES = 16, 32_000_000
_QUOTED = re.compile('[",\r\n]|^[ \t]|[ \t]$')
# One of these is in every line of which a cell needs quotes, unless its own commas or spaces at its ends show it.
_SIGNS = ('"', "\r", "\n", "\t", " ,", ", ")
# What other tools write for a number that is not there.
_NO_NUMBER = {"", "nan", "none", "null", "na"}


@dataclass(frozen=True)
class Table:
    """A table on disk.

    Attributes:
        columns: their names, in order.
    """

    path: Path
    columns: tuple[str, ...]
    _types: Mapping[str, Any] = field(default_factory=dict)

    @property
    def types(self) -> Mapping[str, Any]:
        """The Arrow types of the columns of a Parquet file; none for CSV."""
        return self._types

    def rows(self) -> Iterator[Row]:
        """Every row, by its columns' names.

        Raises:
            TableError: a row does not have as many fields as there are columns, or the file is damaged.
        """
        return _parquet_rows(self.path) if _is_parquet(self.path) else _csv_rows(self.path)

    def values(self, column: str) -> Iterator[Any]:
        """A column of every row; of none where there is no such column.

        Raises: as `rows`.
        """
        if column not in self.columns:
            return iter([])
        if _is_parquet(self.path):
            return (row[column] for row in _parquet_rows(self.path, [column]))
        place = self.columns.index(column)
        return (record[place] for record in _csv_records(self.path))

    @cached_property
    def count(self) -> int:
        """How many rows there are; a CSV file is read to its end for this."""
        if _is_parquet(self.path):
            from pyarrow import parquet

            return int(parquet.read_metadata(self.path).num_rows)
        return sum(1 for _ in self.rows())

    def require(self, *columns: str, hint: str) -> None:
        """Checks that the table has these columns.

        Raises:
            TableError: one is missing.
        """
        if missing := [column for column in columns if column not in self.columns]:
            raise TableError(f"{self.path} has no column {', '.join(missing)}; it has {', '.join(self.columns)}", hint)


def open_table(path: Path) -> Table:
    """Opens a table by its ending: `.parquet`, or else CSV in UTF-8.

    Raises:
        TableError: there is no such file, or it has no header.
    """
    if not path.is_file():
        raise TableError(f"{path}: there is no such table", "Check the path; an earlier step may have failed.")
    if not _is_parquet(path):
        columns = next(_records(path), None)
        if columns is None:
            raise TableError(f"{path} is empty: it has no header", "Make it again; its first line names the columns.")
        if len(set(columns)) != len(columns):
            raise TableError(f"{path}: two columns have one name: {', '.join(columns)}", "Rename one of them.")
        return Table(path, tuple(columns))
    from pyarrow import parquet

    with _damaged(path):
        schema = parquet.read_schema(path)
    return Table(path, tuple(schema.names), dict(zip(schema.names, schema.types, strict=True)))


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Row], types: Mapping[str, Any] | None = None) -> int:
    """Writes a table, which appears when it is complete. A column that a row does not have is left empty.

    Args:
        types: Arrow types of columns, for Parquet; of others they follow from the column's name.

    Returns:
        The number of rows.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(path.parent) as temp, atomic_path(path, temp) as unfinished:
        write = _write_parquet if _is_parquet(path) else _write_csv
        return write(unfinished, columns, rows, types or {})


def number(value: Any) -> float | None:
    """A cell as a number; None where it is empty or says that there is none.

    Raises:
        ValueError: it is some other text.
    """
    if value is None or (isinstance(value, str) and value.strip().lower() in _NO_NUMBER):
        return None
    found = float(value)
    return None if found != found else found


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _records(path: Path) -> Iterator[list[str]]:
    # Names of files need not be UTF-8: such bytes go through as they are.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        records = CsvRecords(text, MAX_ROW_BYTES)
        try:
            for record in records:
                if isinstance(record, RefusedRow):
                    raise TableError(
                        f"{path}, line {records.line}: a row of more than {MAX_ROW_BYTES:,} bytes",
                        "Check for a quote that is not closed.",
                    )
                yield record
        except csv.Error as error:
            raise TableError(
                f"{path}, line {records.line}: {error}", "Write it again with a CSV library: fields with quotes, "
                "commas or line breaks are put in quotes, and quotes are doubled."
            ) from error  # fmt: skip


def _csv_rows(path: Path) -> Iterator[Row]:
    columns = next(_records(path), [])
    return (dict(zip(columns, record, strict=True)) for record in _csv_records(path))


def _csv_records(path: Path) -> Iterator[list[str]]:
    """The records after the header, each as long as it."""
    records = _records(path)
    width = len(next(records, []))
    for place, record in enumerate(records, 1):
        if len(record) != width:
            raise TableError(
                f"{path}, row {place} has {len(record)} fields, and the header {width}",
                "Check this row: a comma in a path or caption needs quotes around the field.",
            )
        yield record


class _damaged:  # noqa: N801 (used as a function)
    """Names the Parquet file that pyarrow cannot read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        import pyarrow

        if isinstance(error, RowsError):
            raise TableError(error.what, "Make it again.") from error
        if isinstance(error, UnicodeEncodeError):
            raise TableError(f"{self._path}: the name is not UTF-8, as pyarrow needs it", "Rename it.") from error
        if isinstance(error, (pyarrow.ArrowException, OSError)):
            raise TableError(f"{self._path} cannot be read as Parquet: {error}", "Make it again.") from error


@contextmanager
def _unwritable(path: Path) -> Iterator[None]:
    """Names the table that cannot hold a value, such as the name of a file in another encoding."""
    try:
        yield
    except UnicodeEncodeError as error:
        value = ascii(error.object[:100])[1:-1]
        raise TableError(f"{path}: Parquet holds UTF-8 alone, not {value}", "Rename it, or write a .csv.") from error


def _parquet_rows(path: Path, columns: list[str] | None = None) -> Iterator[Row]:
    with _damaged(path):
        file = open_parquet_file(path)
        count, names = file.metadata.num_rows, tuple(columns or file.schema_arrow.names)
        walk, row = Walk(), 0
        while row < count:
            # A few kilobytes may hold gigabytes: no more is decoded at a time than its pages allow.
            batch = walk.batch_with(path, names, row)
            yield from batch.table.to_pylist()
            row = batch.stop


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Row], types: Mapping[str, Any]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(_line(columns))
        for row in rows:
            file.write(_line([row.get(column) for column in columns]))
            count += 1
    return count


def _line(values: Sequence[Any]) -> str:
    # Not every version of the csv module puts a lone carriage return in quotes.
    cells = ["" if value is None else value if isinstance(value, str) else str(value) for value in values]
    line = ",".join(cells)
    # Most lines need no quotes, which is quickly seen of all of it.
    if line.count(",") >= len(cells) or any(map(line.__contains__, _SIGNS)) or line[:1] == " " or line[-1:] == " ":
        line = ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' if _QUOTED.search(cell) else cell for cell in cells)
    return (line or '""') + "\n"  # a blank line would be no row


def _write_parquet(path: Path, columns: Sequence[str], rows: Iterable[Row], types: Mapping[str, Any]) -> int:
    import pyarrow
    from pyarrow import parquet

    chosen = {name: types.get(name) or _arrow_type(pyarrow, name) for name in columns}
    schema = pyarrow.schema(chosen.items())
    count, rows, batches = 0, iter(rows), []
    # By a file of its own: pyarrow takes only names that are UTF-8.
    with path.open("wb") as file, _unwritable(path), parquet.ParquetWriter(file, schema) as writer:
        while batch := list(islice(rows, _BATCH)):
            arrays = [
                pyarrow.array([_typed(row.get(name), chosen[name]) for row in batch], chosen[name]) for name in columns
            ]
            batches.append(pyarrow.record_batch(arrays, schema=schema))
            count += len(batch)
            if len(batches) == _GROUP or sum(one.nbytes for one in batches) > _GROUP_BYTES:
                writer.write_table(pyarrow.Table.from_batches(batches))
                batches.clear()
        if batches:
            writer.write_table(pyarrow.Table.from_batches(batches))
    return count


def _arrow_type(pyarrow: Any, name: str) -> Any:
    return pyarrow.int64() if name in _INTEGERS else pyarrow.float64() if name in _FLOATS else pyarrow.string()


def _typed(value: Any, kind: Any) -> Any:
    import pyarrow

    if pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind):
        return value if value is None or isinstance(value, str) else str(value)
    if isinstance(value, str) and (pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind)):
        found = number(value)
        return found if found is None or pyarrow.types.is_floating(kind) else int(value)
    return value

"""Judging rows before anything is packed: whether they have the corpus's columns, and text in them."""

from __future__ import annotations

from vwd.corpora.registry import Corpus, Schema
from vwd.corpora.sample import BadRowError, RefusedRow
from vwd.corpora.sources.many import ManyFiles
from vwd.corpora.sources.rows import Rows
from vwd.errors import RowsError
from vwd.limits import JUDGED_ROWS, MAX_ROW_BYTES


def schema_of(corpus: Corpus, rows: Rows, max_bytes: int = MAX_ROW_BYTES) -> Schema:
    """The corpus's schema that rows have, after a look at the first thousand of each file.

    A row in which it cannot be read is skipped when it is packed; where none can, everything is refused.

    Raises:
        RowsError: a column is missing in a file, or none of its first rows has text there; names both.
    """
    files = rows.files if isinstance(rows, ManyFiles) else (rows,)
    schema = _common_schema(corpus, files)
    for file in files:
        _judge(corpus, file, schema, max_bytes)
    return schema


def _common_schema(corpus: Corpus, files: tuple[Rows, ...]) -> Schema:
    for schema in corpus.schemas:
        if all(schema.suits(file.columns) for file in files):
            return schema
    for file in files:
        schema = corpus.schema_for(file.columns, _name(file))  # refuses a file that none suits
    other = next(file for file in files if not schema.suits(file.columns))
    raise RowsError(
        f"{_name(other)} has other columns than {_name(files[-1])}",
        "Pack files of different columns as datasets of their own.",
    )


def _judge(corpus: Corpus, rows: Rows, schema: Schema, max_bytes: int) -> None:
    """Refuses rows of which none of the first can be read. A stream is not read twice for it."""
    if not rows.seekable:
        return
    first, seen = "", 0
    try:
        for row in rows.read(0, JUDGED_ROWS, schema.wanted, max_bytes):
            if isinstance(row, RefusedRow):
                return
            try:
                schema.read(row)
            except BadRowError as error:
                first, seen = first or str(error), seen + 1
            else:
                return
    except RowsError:  # a broken row fails its own shard
        return
    if seen:
        of = f"{_name(rows)}: " if _name(rows) else ""
        which = "the only row" if seen == 1 else f"none of the first {seen:,} rows"
        raise RowsError(
            f"{of}{which} {'cannot' if seen == 1 else 'can'} be read as {corpus.name}: {first}",
            "Check the columns and what they hold, or name others for rows of your own.",
        )


def _name(rows: Rows) -> str:
    return str(getattr(rows, "name", ""))

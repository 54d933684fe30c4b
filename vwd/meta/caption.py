"""Captions of a table's videos, added as a column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from vwd.meta.captioners import Captioner
from vwd.meta.journal import Journal
from vwd.meta.names import beside
from vwd.meta.ranks import Rank
from vwd.meta.running import Progress, numbered, run_rows
from vwd.meta.score import added
from vwd.meta.tables import Row, open_table, write_table


def caption_table(
    table: Path,
    captioner: Captioner,
    settings: dict[str, Any],
    output: Path | None = None,
    rank: Rank | None = None,
    column: str = "text",
    on_row: Callable[[], None] = lambda: None,
) -> tuple[Path, Progress]:
    """Adds a caption to each video of this rank's share; by default to `<table>_caption_part<rank>.csv`.

    All columns and rows stay; a row that gets no caption keeps the one it had. What was captioned is in
    `<output>.caption.journal`, so that a run that was killed, or had failures, resumes.

    Args:
        settings: what the captions depend on; a run resumes only with the same ones.
        column: where the caption goes.

    Raises:
        TableError: the table is missing, damaged or has no paths.
        ServiceError: no server answers; what was captioned is kept.
    """
    source, rank = open_table(table), rank or Rank()
    source.require("path", hint="Make it with 'vwd meta scan'.")
    output = output or beside(table, f"_caption_part{rank.rank}")
    share = rank.share(source.count)

    def work(row: Row) -> dict[str, Any]:
        return {column: captioner.caption(row)}

    with Journal(output.with_name(f"{output.name}.caption.journal"), settings) as journal:
        progress = run_rows(numbered(source.rows(), share), work, journal, captioner.workers, on_row)
        rows = added(numbered(source.rows(), share), journal, (column,))
        write_table(output, tuple(dict.fromkeys((*source.columns, column))), rows, source.types)
    progress.write_failed(output)
    return output, progress

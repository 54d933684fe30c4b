"""Scores of videos: a model's, or a function's, of a few frames of each."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Protocol

from vwd.errors import TableError, UsageError
from vwd.meta.journal import Journal
from vwd.meta.media import frames_at
from vwd.meta.names import beside
from vwd.meta.ranks import Rank
from vwd.meta.running import Progress, numbered, run_rows
from vwd.meta.tables import Row, open_table, write_table

if TYPE_CHECKING:
    import numpy as np

PLACES = (0.1, 0.5, 0.9)


class Scorer(Protocol):
    """Judges pictures."""

    def score(self, frames: Sequence[np.ndarray[Any, Any]]) -> Sequence[float]:
        """A score for each frame: arrays (height, width, 3) of RGB bytes, of any sizes. Called from several threads."""


class FunctionScorer:
    """A function of one's own, `module:function`, as a scorer: it takes one frame, and gives a number."""

    def __init__(self, name: str) -> None:
        """Imports it.

        Raises:
            UsageError: there is no such module or function.
        """
        module, _, function = name.partition(":")
        try:
            self._function: Callable[[Any], float] = getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError, ValueError) as error:
            raise UsageError(f"{name}: {error}", "Give it as module:function, and its folder in PYTHONPATH.") from error

    def score(self, frames: Sequence[np.ndarray[Any, Any]]) -> Sequence[float]:
        """As the function says."""
        return [float(self._function(frame)) for frame in frames]


def score_table(
    table: Path,
    scorer: Scorer,
    settings: dict[str, Any],
    output: Path | None = None,
    rank: Rank | None = None,
    workers: int | None = None,
    places: Sequence[float] = PLACES,
    on_row: Callable[[], None] = lambda: None,
) -> tuple[Path, Progress]:
    """Adds to each video of this rank's share the mean score of its frames, `aes`.

    The output is `<table>_aes_part<rank>.csv` by default.
    A video of which a frame cannot be read has no score. All ranks' parts one after another are the table.

    Args:
        settings: what the scores depend on; a run resumes only with the same ones.

    Raises:
        TableError: the table is missing, damaged or has no paths.
    """
    source, rank = open_table(table), rank or Rank()
    source.require("path", hint="Make it with 'vwd meta scan'.")
    output = output or beside(table, f"_aes_part{rank.rank}")
    share = rank.share(source.count)

    def work(row: Row) -> dict[str, Any]:
        scores = scorer.score(frames_at(row["path"], places))
        if len(scores) != len(places) or any(value != value for value in scores):
            raise TableError(
                f"{row['path']}: the scorer gave {scores} for {len(places)} frames", "Give another backend."
            )
        return {"aes": fmean(scores)}

    with Journal(output.with_name(f"{output.name}.aes.journal"), {**settings, "places": list(places)}) as journal:
        progress = run_rows(numbered(source.rows(), share), work, journal, workers or os.cpu_count() or 1, on_row)
        rows = added(numbered(source.rows(), share), journal, ("aes",))
        write_table(output, tuple(dict.fromkeys((*source.columns, "aes"))), rows, source.types)
    progress.write_failed(output)
    return output, progress


def added(
    rows: Iterator[tuple[int, Row]], journal: Journal, columns: Sequence[str], column: str = "path"
) -> Iterator[Row]:
    """The rows with their results; a row without one keeps what it had in these columns, or has them empty."""
    for place, row in rows:
        result = journal.result(place, row[column], check_file=False)
        yield {**row, **(result if result is not None else {name: row.get(name) for name in columns})}


def failures(table: Path, progress: Progress, limit: int = 20) -> list[str]:
    """What to say of the rows without a result, a line each."""
    lines = [f"{table}, row {place + 1}: {reason}" for place, reason in islice(progress.failed.items(), limit)]
    more = len(progress.failed) - len(lines)
    return [*lines, f"… and {more:,} more"] if more > 0 else lines

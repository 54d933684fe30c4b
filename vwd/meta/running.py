"""Work on the rows of a table in several threads, journalled as it is done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from vwd.errors import MediaError
from vwd.meta.journal import Journal
from vwd.meta.tables import Row
from vwd.storage.atomic import atomic_write
from vwd.storage.tempfiles import temporary_folder

Work = Callable[[Row], Mapping[str, Any]]


@dataclass
class Progress:
    """What a run did.

    Attributes:
        done: rows done now.
        kept: rows that an earlier run had done.
        failed: why other rows have no result, by their numbers, in their order.
        details: the file that names them all; None where there are none.
    """

    done: int = 0
    kept: int = 0
    failed: dict[int, str] = field(default_factory=dict)
    details: Path | None = None

    def write_failed(self, output: Path) -> None:
        """Names the rows without a result in `<output>.failed.jsonl`; removes that of an earlier run, if all have one.

        Args:
            output: the table of the results.
        """
        details = output.with_name(f"{output.name}.failed.jsonl")
        if not self.failed:
            details.unlink(missing_ok=True)
            return
        with temporary_folder(output.parent) as temp, atomic_write(details, temp) as file:
            for number, reason in self.failed.items():
                file.write(json.dumps({"row": number, "failed": reason}).encode() + b"\n")
        self.details = details


def run_rows(
    rows: Iterable[tuple[int, Row]],
    work: Work,
    journal: Journal,
    workers: int,
    on_row: Callable[[], None] = lambda: None,
    column: str = "path",
) -> Progress:
    """Does every row that the journal has not. A row whose work raises `MediaError` is noted, and the others are done.

    Args:
        work: gives a row's result, as JSON; called in `workers` threads.
        column: the row's path.

    Raises: what else `work` raises, when what was in work has ended.
    """

    def do(number: int, row: Row) -> None:
        # Kept in the same thread, before it begins another row: a kill loses no more than what is under way.
        journal.add(number, row[column], work(row))

    progress = Progress()
    todo = _pending(rows, journal, progress, on_row, column)
    pool = ThreadPoolExecutor(workers)
    running: dict[Future[None], int] = {}
    try:
        while True:
            for number, row in islice(todo, 2 * workers - len(running)):
                running[pool.submit(do, number, row)] = number
            if not running:
                progress.failed = dict(sorted(progress.failed.items()))
                return progress
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                number = running.pop(future)
                try:
                    future.result()
                    progress.done += 1
                except MediaError as error:
                    progress.failed[number] = error.what
                on_row()
    finally:
        pool.shutdown(cancel_futures=True)  # what is under way ends, and is kept


def _pending(
    rows: Iterable[tuple[int, Row]], journal: Journal, progress: Progress, on_row: Callable[[], None], column: str
) -> Iterator[tuple[int, Row]]:
    for number, row in rows:
        if journal.result(number, row[column]) is None:
            yield number, row
        else:
            progress.kept += 1
            on_row()


def numbered(rows: Iterable[Row], share: range) -> Iterator[tuple[int, Row]]:
    """The rows of a share, with their numbers in the table."""
    return zip(share, islice(rows, share.start, share.stop), strict=False)

"""One pass over tables: measured, filtered, their captions cleaned; what was dropped stands in a file beside."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from vwd.errors import TableError, UsageError
from vwd.meta.clean import clean, is_empty, refine
from vwd.meta.info import columns, measure, measured
from vwd.meta.journal import Journal
from vwd.meta.merge import merged_columns, merged_rows, merged_types
from vwd.meta.names import beside, expand, short_number
from vwd.meta.running import run_rows
from vwd.meta.t5 import clean_t5
from vwd.meta.tables import Row, Table, number, open_table, write_table
from vwd.storage.atomic import atomic_write
from vwd.storage.tempfiles import temporary_folder

_HEAD = "Run 'vwd meta info' on it first."


@dataclass(frozen=True)
class Steps:
    """What is done with the rows, in this order.

    Attributes:
        info: measure the videos, by their headers.
        check: decode them, too, to count the frames.
        remove_empty: drop rows whose caption has no letter or figure.
        refine: cut "The video shows" and the like.
        clean: clean captions.
        t5: by the rules of models with a T5 encoder; lower case, no Chinese.
        fmin: drop videos of fewer frames.
        aesmin: drop videos of a lower score, and those without one.
    """

    info: bool = False
    check: bool = False
    remove_empty: bool = False
    refine: bool = False
    clean: bool = False
    t5: bool = False
    fmin: int | None = None
    aesmin: float | None = None

    @property
    def suffix(self) -> str:
        """What they add to a table's name."""
        named = (
            (self.info or self.check, "_info"), (self.remove_empty, "_noempty"), (self.refine, "_llm"),
            (self.clean or self.t5, "_clean"), (self.fmin is not None, f"_fmin{self.fmin}"),
            (self.aesmin is not None, f"_aesmin{short_number(self.aesmin or 0)}"),
        )  # fmt: skip
        return "".join(name for wanted, name in named if wanted)

    @property
    def captions(self) -> bool:
        """Whether any is about captions."""
        return self.remove_empty or self.refine or self.clean or self.t5


@dataclass
class Transformed:
    """What a pass did.

    Attributes:
        rows: in the tables, each path once.
        written: to `output`.
        dropped: how many, by the reason.
        doubtful: videos whose header is doubtful; None where they were not measured.
        details: the file that names rows that were dropped or are in doubt; None where there is none.
    """

    output: Path
    rows: int = 0
    written: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    doubtful: int | None = None
    details: Path | None = None


def transform(
    inputs: Sequence[str],
    steps: Steps,
    output: Path | None = None,
    workers: int | None = None,
    on_row: Callable[[], None] = lambda: None,
) -> Transformed:
    """Merges tables, does the steps, and writes one table: by default beside the first, named after the steps.

    Measuring is journalled in `<output>.info.journal` or `<output>.check.journal`: a run that was killed resumes.

    Args:
        inputs: tables and patterns.
        on_row: called for each row that has been measured.

    Raises:
        TableError: a table is missing, damaged or without a column, or a pattern matches none.
        UsageError: there is nothing to do.
    """
    tables = [open_table(path) for path in expand(inputs)]
    if not steps.suffix and len(tables) == 1 and output is None:
        raise UsageError(f"{inputs[0]}: nothing to do", "Name a step, such as `info`, or an `output`.")
    if not steps.suffix and output is None:
        raise UsageError(f"{len(tables)} tables, and no name for what they make", "Give `output`.")
    output = output or beside(tables[0].path, steps.suffix)
    if any(output.resolve() == table.path.resolve() for table in tables):
        raise UsageError(f"{output} would be replaced by what is made of it", "Give another `output`.")
    _require(tables, steps)
    result = Transformed(output)
    with ExitStack() as stack:
        rows, names = merged_rows(tables), merged_columns(tables)
        if steps.info or steps.check:
            result.doubtful = 0
            kind = "check" if steps.check else "info"
            journal = stack.enter_context(
                Journal(output.with_name(f"{output.name}.{kind}.journal"), {"check": steps.check})
            )
            clips = _measure(tables, steps.check, journal, workers or os.cpu_count() or 1, on_row)
            names = tuple(dict.fromkeys((*names, *columns(steps.check, clips))))
            rows = _measured(rows, journal, steps.check)
        details = output.with_name(f"{output.name}.dropped.jsonl")
        temp = stack.enter_context(temporary_folder(output.parent))
        with atomic_write(details, temp) as file:
            kept = _kept(rows, steps, result, file)
            # The doubt of a row is not a column of the table.
            result.written = write_table(output, names, kept, merged_types(tables))
        if result.dropped or result.doubtful:
            result.details = details
        else:
            details.unlink()
    return result


def _require(tables: Sequence[Table], steps: Steps) -> None:
    for table in tables:
        if steps.info or steps.check:
            table.require("path", hint="Make it with 'vwd meta scan'.")
        elif steps.fmin is not None:
            table.require("num_frames", hint=_HEAD)
        if steps.captions:
            table.require("text", hint="Run 'vwd meta caption' on it first.")
        if steps.aesmin is not None:
            table.require("aes", hint="Run 'vwd meta score' on it first.")


def _measure(tables: Sequence[Table], check: bool, journal: Journal, workers: int, on_row: Callable[[], None]) -> bool:
    """Measures every video into the journal. Returns whether any is a clip that says where it comes from."""
    clips = False

    def work(row: Row) -> dict[str, Any]:
        return measure(row["path"], check)

    progress = run_rows(enumerate(merged_rows(tables)), work, journal, workers, on_row)
    assert not progress.failed
    for place, row in enumerate(merged_rows(tables)):
        result = journal.result(place, row["path"], check_file=False)
        if result and result["origin"]:
            clips = True
            break
    return clips


def _measured(rows: Iterator[Row], journal: Journal, check: bool) -> Iterator[Row]:
    for place, row in enumerate(rows):
        result = journal.result(place, row["path"], check_file=False)
        if result is None:
            raise TableError(f"{row['path']} has not been measured: the table changed meanwhile", "Run again.")
        yield {**measured(row, result, check), "doubt ": result["doubt"]}


def _kept(rows: Iterator[Row], steps: Steps, result: Transformed, details: IO[bytes]) -> Iterator[Row]:
    for place, row in enumerate(rows):
        result.rows += 1
        doubt = row.pop("doubt ", "")
        if steps.captions:
            row = _captioned(row, steps)
        reason = _reason(row, steps)
        if doubt and result.doubtful is not None:
            result.doubtful += 1
        if reason or doubt:
            line = {"row": place, "path": row.get("path"), "dropped": reason, "doubt": doubt}
            details.write(
                json.dumps({key: value for key, value in line.items() if value not in ("", None)}).encode() + b"\n"
            )
        if reason:
            result.dropped[reason.partition(":")[0]] += 1
        else:
            yield row


def _captioned(row: Row, steps: Steps) -> Row:
    text = row["text"]
    if text is None or (steps.remove_empty and is_empty(text)):
        return row
    if steps.refine:
        text = refine(text)
    if steps.t5:
        text = clean_t5(text)
    elif steps.clean:
        text = clean(text)
    return {**row, "text": text}


def _reason(row: Row, steps: Steps) -> str:
    """Why a row is dropped; "" where it stays."""
    if steps.remove_empty and is_empty(row["text"]):
        return "no caption"
    if steps.fmin is not None:
        frames = _number(row, "num_frames")
        if frames is None or frames < steps.fmin:
            return f"fewer than {steps.fmin} frames: {int(frames or 0)}"
    if steps.aesmin is not None:
        score = _number(row, "aes")
        if score is None:
            return "no score"
        if score < steps.aesmin:
            return f"scored below {short_number(steps.aesmin)}: {score}"
    return ""


def _number(row: Row, column: str) -> float | None:
    try:
        return number(row[column])
    except ValueError as error:
        raise TableError(
            f"{row.get('path')}: {column} is {row[column]!r}, no number", "Make the table again."
        ) from error

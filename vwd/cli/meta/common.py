"""What the verbs of `vwd meta` share: options, progress, and how results are printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vwd.cli.command import F, LocalPath, Workers, echo, print_json
from vwd.errors import TableError

if TYPE_CHECKING:
    from vwd.meta.running import Progress as Done
    from vwd.meta.transform import Steps, Transformed

TABLE = LocalPath(dir_okay=False)
_SHOWN = 20


def workers_option(command: F) -> F:
    return click.option(
        "--workers", "--num-workers", "--num_workers", "workers", type=Workers(),
        help="Threads.  [default: one a CPU]",
    )(command)  # fmt: skip


def transform_tables(
    inputs: Sequence[str], steps: Steps, output: Path | None, workers: int | None = None, as_json: bool = False
) -> None:
    """Runs `vwd.meta.transform` and tells what it did."""
    from vwd.cli.progress import Progress
    from vwd.meta.names import expand
    from vwd.meta.tables import open_table
    from vwd.meta.transform import transform

    measuring = steps.info or steps.check
    total = sum(open_table(path).count for path in expand(inputs)) if measuring else 0
    with Progress("info", total, "videos") as bar:
        done = transform(inputs, steps, output, workers, bar.add)
    if as_json:
        print_json(
            {"output": str(done.output), "rows": done.rows, "written": done.written, "dropped": dict(done.dropped),
             "doubtful": done.doubtful, "details": str(done.details) if done.details else None}
        )  # fmt: skip
        _fail_if_empty(done)
        return
    reasons = "".join(f"; {count:,} dropped: {reason}" for reason, count in done.dropped.items())
    echo(f"{done.output}: {done.written:,} of {done.rows:,} rows{reasons}")
    if done.doubtful:
        remedy = "" if steps.check else "; --check decodes them"
        echo(f"{done.doubtful:,} videos are broken or in doubt{remedy}", err=True)
    if done.details:
        echo(f"which, and why: {done.details}", err=True)
    _fail_if_empty(done)


def _fail_if_empty(done: Transformed) -> None:
    """A table without rows, made of some, is a failure: the next step would process nothing."""
    if done.rows and not done.written:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in done.dropped.items())
        raise TableError(
            f"{done.output}: all {done.rows:,} rows were dropped ({reasons})",
            "Check the rows, or ask less of them.",
        )


def report(table: Path, output: Path, done: Done, as_json: bool, **more: int | str) -> None:
    """What a long command did, and which rows have no result.

    Raises:
        TableError: none of them has one.
    """
    if as_json:
        failed = {str(place + 1): reason for place, reason in done.failed.items()}
        print_json({"output": str(output), "done": done.done, "kept": done.kept, "failed": failed, **more})
    else:
        _print(table, output, done)
    if done.failed and not done.done and not done.kept:
        raise TableError(f"{table}: no row has a result", "Check the paths of the videos, and that they play.")


def _print(table: Path, output: Path, done: Done) -> None:
    kept = f", {done.kept:,} done before" if done.kept else ""
    echo(f"{output}: {done.done:,} done{kept}, {len(done.failed):,} without a result")
    for place, reason in list(done.failed.items())[:_SHOWN]:
        echo(f"{table}, row {place + 1}: {reason}", err=True)
    if len(done.failed) > _SHOWN:
        echo(f"… and {len(done.failed) - _SHOWN:,} more; all of them: {done.details}", err=True)

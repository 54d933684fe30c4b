"""What the verbs of `vwd meta` share: options, progress, and how results are printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vwd.cli.command import F, echo, print_json

if TYPE_CHECKING:
    from vwd.meta.running import Progress as Done
    from vwd.meta.transform import Steps

TABLE = click.Path(path_type=Path, dir_okay=False)
_SHOWN = 20


def workers_option(command: F) -> F:
    return click.option(
        "--workers", "--num-workers", "--num_workers", "workers", type=click.IntRange(1),
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
        return
    reasons = "".join(f"; {count:,} dropped: {reason}" for reason, count in done.dropped.items())
    echo(f"{done.output}: {done.written:,} of {done.rows:,} rows{reasons}")
    if done.doubtful:
        remedy = "" if steps.check else "; --check decodes them"
        echo(f"{done.doubtful:,} videos are broken or in doubt{remedy}", err=True)
    if done.details:
        echo(f"which, and why: {done.details}", err=True)


def report(table: Path, output: Path, done: Done, as_json: bool, **more: int | str) -> None:
    """What a long command did, and which rows have no result."""
    if as_json:
        failed = {str(place + 1): reason for place, reason in done.failed.items()}
        print_json({"output": str(output), "done": done.done, "kept": done.kept, "failed": failed, **more})
        return
    kept = f", {done.kept:,} done before" if done.kept else ""
    echo(f"{output}: {done.done:,} done{kept}, {len(done.failed):,} without a result")
    for place, reason in list(done.failed.items())[:_SHOWN]:
        echo(f"{table}, row {place + 1}: {reason}", err=True)
    if len(done.failed) > _SHOWN:
        echo(f"… and {len(done.failed) - _SHOWN:,} more; all of them: {done.details}", err=True)

"""Running a submission's tasks on this machine, with a bar or lines of progress as `vwd pack` has."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from vwd.cli.command import echo, on_terminal
from vwd.cli.progress import Progress

if TYPE_CHECKING:
    from vwd.shards.paths import OutputPaths
    from vwd.slurm.submission import Submission


def run(paths: OutputPaths, submission: Submission, at_once: int) -> int:
    """Runs the tasks; how many failed."""
    from vwd.slurm.local import Watcher, run_locally

    bars: list[Progress] = []

    def start(rows: int) -> None:
        bars.append(Progress(paths.dataset, rows, "rows"))

    try:
        return run_locally(paths, submission, at_once, Watcher(start, lambda rows: bars[0].add(rows), _report))
    finally:
        for bar in bars:
            bar.__exit__(None, None, None)


def _report(line: str) -> None:
    """A line on stderr, above the bar where there is one."""
    if not on_terminal():
        echo(line, err=True)
        return
    from tqdm import tqdm

    with tqdm.external_write_mode(file=sys.stderr):
        echo(line, err=True)

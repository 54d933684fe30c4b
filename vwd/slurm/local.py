"""The tasks of a submission as processes on this machine, without Slurm."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from vwd.shards.cpus import usable_cpus
from vwd.shards.paths import OutputPaths
from vwd.slurm.finished import FinishedRows
from vwd.slurm.frozen import freeze
from vwd.slurm.jobs import JobRecord, record_job
from vwd.slurm.models import Role
from vwd.slurm.outcomes import note_outcome, open_log, read_tail
from vwd.slurm.paths import log_folder, submission_file
from vwd.slurm.submission import Submission
from vwd.storage.errors import output_errors
from vwd.storage.processes import process_tag

_POLL_SECONDS = 0.05
_END_SECONDS = 10.0


@dataclass(frozen=True)
class Watcher:
    """Who is notified of a run's progress.

    Attributes:
        on_start: called with the number of rows to pack.
        on_rows: called about once a second with the number of rows finished since the last call.
        report: called with a line for the start, for every task that failed, and for the end.
    """

    on_start: Callable[[int], None] = lambda rows: None
    on_rows: Callable[[int], None] = lambda rows: None
    report: Callable[[str], None] = lambda line: None


def run_locally(paths: OutputPaths, submission: Submission, at_once: int, watcher: Watcher) -> int:
    """Runs a submission to its end: its tasks, the export of those that succeeded, and the finishing job.

    Args:
        at_once: how many tasks run at a time; they share this machine's CPUs.

    Returns:
        How many tasks failed, the finishing one included.

    Raises:
        OutputError: the output folder cannot be read or written.
    """
    finished = FinishedRows(paths, submission)
    frozen = freeze(paths, submission)
    with output_errors(paths.folder, "and submit again."):
        record_job(paths, frozen, JobRecord("pack", process_tag(), 0, frozen.num_tasks, frozen.name))
    watcher.report(
        f"{frozen.dataset}: {len(frozen.ranges):,} shards in {frozen.num_tasks:,} tasks, {at_once} at once, "
        "on this machine"
    )
    watcher.on_start(finished.total)
    run = _LocalRun(paths, frozen, at_once, watcher)
    failed = run.tasks("pack", range(frozen.num_tasks), lambda now: watcher.on_rows(finished.count(now) or 0))
    if frozen.export:
        succeeded = [task for task in range(frozen.num_tasks) if task not in failed]
        failed |= run.tasks("export", succeeded)
    finishing = run.tasks("finish", [0])
    watcher.report((read_tail(run.log("finish", 0)) or ["the finishing task left no log"])[-1])
    return len(failed) + len(finishing)


@dataclass(frozen=True)
class _LocalRun:
    paths: OutputPaths
    frozen: Submission
    at_once: int
    watcher: Watcher

    def tasks(self, role: Role, tasks: range | list[int], look: Callable[[bool], None] = lambda now: None) -> set[int]:
        """Runs tasks; returns those that failed.

        Args:
            look: called now and then, and with True at the end.
        """
        waiting, failed = list(reversed(tasks)), set[int]()
        with self._ended(role) as running:
            while waiting or running:
                while waiting and len(running) < self.at_once:
                    task = waiting.pop()
                    running[self._start(role, task)] = task
                for process in [process for process in running if process.poll() is not None]:
                    task = running.pop(process)
                    self._note(role, task, process.returncode)
                    if process.returncode:
                        failed.add(task)
                        self.watcher.report(f"{role} task {task} ended with exit code {process.returncode}: "
                                            f"{self.log(role, task)}")  # fmt: skip
                look(False)
                time.sleep(_POLL_SECONDS)
        look(True)
        return failed

    def log(self, role: Role, task: int) -> Path:
        return log_folder(self.paths) / f"{self.frozen.job_name(role)}_local_{task}.out"

    def _start(self, role: Role, task: int) -> subprocess.Popen[bytes]:
        python = self.frozen.python or sys.executable
        cpus = max(1, usable_cpus() // self.at_once)
        # As Slurm does for a task of so many CPUs.
        environment = {**os.environ, "SLURM_CPUS_PER_TASK": str(cpus)}
        file = submission_file(self.paths, self.frozen.number)
        with output_errors(self.log(role, task), "and run 'vwd slurm retry'."):
            log = open_log(self.log(role, task))
            try:
                return subprocess.Popen(
                    [python, "-m", "vwd", "slurm", "task", str(file), role, "--task", str(task)],
                    cwd=self.frozen.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True,  # so that Ctrl-C reaches this process alone, which ends them
                )  # fmt: skip
            finally:
                os.close(log)

    def _note(self, role: Role, task: int, code: int, stopped: bool = False) -> None:
        if role != "finish":  # whose last line is the run's own
            note_outcome(self.log(role, task), code, stopped)

    @contextmanager
    def _ended(self, role: Role) -> Iterator[dict[subprocess.Popen[bytes], int]]:
        """Ends what still runs when the block is left early, as Slurm does: SIGTERM, and later SIGKILL."""
        running: dict[subprocess.Popen[bytes], int] = {}
        try:
            yield running
        finally:
            for process in running:
                process.terminate()
            deadline = time.monotonic() + _END_SECONDS
            for process, task in running.items():
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, deadline - time.monotonic()))
                process.kill()
                self._note(role, task, process.wait(), stopped=process.returncode != 0)

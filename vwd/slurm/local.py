"""The tasks of a submission as processes on this machine, without Slurm."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vwd.shards.paths import OutputPaths
from vwd.slurm.jobs import JobRecord, record_job
from vwd.slurm.paths import log_folder, submission_file
from vwd.slurm.submission import Role, Submission, freeze
from vwd.storage.processes import process_tag

_POLL_SECONDS = 0.05
_END_SECONDS = 10.0

Running = dict["subprocess.Popen[bytes]", int]


def run_locally(
    paths: OutputPaths, submission: Submission, at_once: int, report: Callable[[str], None] = lambda line: None
) -> int:
    """Runs a submission to its end: its tasks, the export of those that succeeded, and the finishing job.

    Args:
        at_once: how many tasks run at a time; they share this machine's CPUs.
        report: called with a line for every task that failed, and for the end.

    Returns:
        How many tasks failed, the finishing one included.

    Raises:
        OutputError: the output folder cannot be written.
    """
    frozen = freeze(paths, submission)
    record_job(paths, frozen, JobRecord("pack", process_tag(), 0, frozen.num_tasks, frozen.name))
    report(
        f"{frozen.dataset}: {len(frozen.ranges):,} shards in {frozen.num_tasks:,} tasks, {at_once} at once, "
        "on this machine"
    )
    failed = _run(paths, frozen, "pack", range(frozen.num_tasks), at_once, report)
    if frozen.export:
        succeeded = [task for task in range(frozen.num_tasks) if task not in failed]
        failed |= _run(paths, frozen, "export", succeeded, at_once, report)
    finishing = _run(paths, frozen, "finish", [0], 1, report)
    report(_log(paths, frozen, "finish", 0).read_text("utf-8").strip().splitlines()[-1])
    return len(failed) + len(finishing)


def _run(
    paths: OutputPaths, frozen: Submission, role: Role, tasks: range | list[int], at_once: int,
    report: Callable[[str], None],
) -> set[int]:  # fmt: skip
    """Runs tasks; returns those that failed."""
    waiting, failed = list(reversed(tasks)), set[int]()
    running: Running = {}
    with _terminated(running):
        while waiting or running:
            while waiting and len(running) < at_once:
                task = waiting.pop()
                running[_start(paths, frozen, role, task, at_once)] = task
            for process in [process for process in running if process.poll() is not None]:
                task = running.pop(process)
                if process.returncode:
                    failed.add(task)
                    report(f"{role} task {task} ended with exit code {process.returncode}: "
                        f"{_log(paths, frozen, role, task)}")  # fmt: skip
            time.sleep(_POLL_SECONDS)
    return failed


def _start(paths: OutputPaths, frozen: Submission, role: Role, task: int, at_once: int) -> subprocess.Popen[bytes]:
    python = frozen.python or sys.executable
    cpus = max(1, len(os.sched_getaffinity(0)) // at_once)
    # As Slurm does for a task of so many CPUs.
    environment = {**os.environ, "SLURM_CPUS_PER_TASK": str(cpus)}
    file = submission_file(paths, frozen.number)
    with _log(paths, frozen, role, task).open("ab") as log:
        return subprocess.Popen(
            [python, "-m", "vwd", "slurm", "task", str(file), role, "--task", str(task)],
            cwd=frozen.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,  # so that Ctrl-C reaches this process alone, which ends them
        )  # fmt: skip


def _log(paths: OutputPaths, frozen: Submission, role: Role, task: int) -> Path:
    name = frozen.name if role == "pack" else f"{frozen.name}-{role}"
    return log_folder(paths) / f"{name}_local_{task}.out"


@contextmanager
def _terminated(running: Running) -> Iterator[None]:
    """Ends what still runs when the block is left early, as Slurm does: SIGTERM, and later SIGKILL."""
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        deadline = time.monotonic() + _END_SECONDS
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            process.kill()
            process.wait()

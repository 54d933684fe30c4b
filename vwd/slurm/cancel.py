"""Cancelling an output's jobs, and nobody else's."""

from __future__ import annotations

from vwd.shards.paths import OutputPaths
from vwd.slurm.live import find_jobs
from vwd.slurm.queue import cancel_jobs
from vwd.slurm.submission import read_submissions

# Followers first: they would start when what they wait for ends.
_ORDER = {"finish": 0, "export": 1, "pack": 2}


def cancel(paths: OutputPaths) -> list[str]:
    """Cancels the jobs of all submissions of an output.

    Returns:
        Their ids.

    Raises:
        SlurmError: Slurm's commands are not here, fail or do not answer.
    """
    live = sorted(find_jobs(paths, read_submissions(paths)).live, key=lambda task: _ORDER[task.role])
    jobs = list(dict.fromkeys(task.job for task in live if "." not in task.job))
    cancel_jobs(jobs)
    return jobs

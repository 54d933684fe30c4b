"""Cancelling the jobs of an output."""

from __future__ import annotations

from vwd.shards.paths import OutputPaths
from vwd.slurm.commands import scancel
from vwd.slurm.frozen import read_submissions
from vwd.slurm.jobs import find_jobs

# Dependent jobs first: they would start when what they wait for ends.
_ORDER = {"finish": 0, "export": 1, "pack": 2}


def cancel_jobs(paths: OutputPaths) -> list[str]:
    """Cancels the jobs of all submissions of an output, and nobody else's.

    Returns:
        Their ids.

    Raises:
        OutputError: a submission, or the note of a job, is damaged.
        SlurmError: Slurm's commands are not installed, fail or do not answer.
    """
    live = sorted(find_jobs(paths, read_submissions(paths)).live, key=lambda task: _ORDER[task.role])
    jobs = list(dict.fromkeys(task.job for task in live if "." not in task.job))
    scancel(jobs)
    return jobs

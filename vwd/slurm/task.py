"""What an array task runs, and which task of its submission it is."""

from __future__ import annotations

import os
from collections.abc import Mapping

from vwd.errors import UsageError
from vwd.shards.contract import read_contract
from vwd.shards.paths import OutputPaths
from vwd.shards.ranges import format_ranges
from vwd.slurm.paths import shards_file
from vwd.slurm.submission import Role, Submission


def task_arguments(paths: OutputPaths, submission: Submission, role: Role, task: int = 0) -> list[str]:
    """The arguments of `vwd` for a task of a submission."""
    folder = str(paths.folder)
    if role == "finish":
        return ["slurm", "finish", folder]
    if role == "export":
        assert submission.export
        shards = submission.with_rows(read_contract(paths).rows).shards_of(task)
        return [
            "export-jsonl", folder, "--base-dir", submission.export.base_dir, "--task", submission.export.task,
            "--shards", format_ranges(shard.number for shard in shards),
        ]  # fmt: skip
    only = [] if submission.work.shards is None else ["--shards", str(shards_file(paths, submission.number))]
    return [
        "pack", submission.dataset, *submission.pack, "--out", str(paths.out), *only,
        "--task", str(task), "--num-tasks", str(submission.num_tasks),
    ]  # fmt: skip


def array_index(environment: Mapping[str, str]) -> int:
    """This task's number in its array.

    Raises:
        UsageError: it does not run in one.
    """
    index = environment.get("SLURM_ARRAY_TASK_ID", "")
    if not index.isdigit():
        raise UsageError("this is not a task of a Slurm array", "Give `task` I, or queue it with 'vwd slurm submit'.")
    return int(index)


def exec_task(python: str, arguments: list[str], submission: Submission, task: int) -> None:
    """Replaces this process by the task's program, so that Slurm's signals reach it directly.

    The submission and task go into the ledger entries that it writes.
    """
    environment = {**os.environ, **marks(submission, task)}
    os.execve(python, [python, "-m", "vwd", *arguments], environment)


def marks(submission: Submission, task: int) -> dict[str, str]:
    """The environment variables by which a task's ledger entries identify it."""
    return {"VWD_SLURM_SUBMISSION": str(submission.number), "VWD_SLURM_TASK": str(task)}

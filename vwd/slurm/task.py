"""What an array task runs, and which task of its submission it is."""

from __future__ import annotations

import os
from collections.abc import Mapping

from vwd.errors import SlurmError, UsageError
from vwd.limits import MOST_TASKS
from vwd.shards.contract_file import read_contract
from vwd.shards.paths import OutputPaths
from vwd.shards.ranges import format_ranges
from vwd.shards.variables import count_variable
from vwd.slurm.models import Role
from vwd.slurm.paths import shards_file
from vwd.slurm.submission import Submission


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
    hint = "Give `task` I, or queue it with 'vwd slurm submit'."
    index = count_variable(environment, "SLURM_ARRAY_TASK_ID", 0, MOST_TASKS, hint)
    if index is None:
        raise UsageError("this is not a task of a Slurm array", hint)
    return index


def exec_task(python: str, arguments: list[str], submission: Submission, task: int) -> None:
    """Replaces this process by the task's program, so that Slurm's signals reach it directly.

    The submission and task go into the ledger entries that it writes.

    Raises:
        SlurmError: the arguments are too long for a program.
    """
    environment = {**os.environ, **marks(submission, task)}
    try:
        os.execve(python, [python, "-m", "vwd", *arguments], environment)
    except (OSError, ValueError) as error:
        raise SlurmError(f"{python} cannot be started: {error}", "Submit again, with fewer options.") from error


def marks(submission: Submission, task: int) -> dict[str, str]:
    """The environment variables by which a task's ledger entries identify it."""
    return {"VWD_SLURM_SUBMISSION": str(submission.number), "VWD_SLURM_TASK": str(task)}

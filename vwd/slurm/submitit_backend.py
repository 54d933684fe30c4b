"""Packing by submitit, for jobs that are started from Python. The package is optional (extra `slurm`)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vwd.errors import MissingExtraError, ShardError, UsageError
from vwd.slurm.arrays import Work, count_tasks
from vwd.storage.regular import real_path

if TYPE_CHECKING:
    import submitit

    from vwd.corpora.registry import Corpus
    from vwd.corpora.sources.rows import Rows
    from vwd.shards.settings import PackSettings

_log = logging.getLogger("vwd.slurm")


@dataclass(frozen=True)
class PackTask:
    """One task's part of an output, to be called on a node. Called again, it resumes by the ledger.

    Attributes:
        num_workers: processes; None for as many as the job has CPUs.
    """

    corpus: Corpus
    rows: Rows
    settings: PackSettings
    num_workers: int | None = None

    def __call__(self, task: int, num_tasks: int) -> int:
        """Packs the task's shards that are not complete; the last task to end writes the sidecars.

        Returns:
            How many were packed.

        Raises:
            ShardError: some could not be packed; the others are complete.
        """
        from vwd.packing import empty_output, pack_output
        from vwd.shards.cpus import default_workers

        workers = self.num_workers or default_workers()
        settings = replace(self.settings, task=task, num_tasks=num_tasks, num_workers=workers)
        packed = pack_output(self.corpus, self.rows, settings)
        result = packed.result
        if packed.sidecar_error:
            _log.warning("no sidecars: %s", packed.sidecar_error.what)
        if result.failures:
            first = result.failures[0]
            raise ShardError(f"{result.paths.shard_name(first.number)}: {first.what}", first.hint)
        if error := empty_output(result):
            raise error
        return len(result.built)

    def checkpoint(self, task: int, num_tasks: int) -> submitit.helpers.DelayedSubmission:
        """What submitit queues after a preemption or a time limit: the same, since the ledger knows what is left."""
        import submitit

        return submitit.helpers.DelayedSubmission(self, task, num_tasks)


def submitit_pack(
    corpus: Corpus,
    rows: Rows,
    settings: PackSettings,
    executor: submitit.Executor | None = None,
    samples_per_node: int = 10_000,
    num_workers: int | None = None,
) -> list[submitit.Job[int]]:
    """Submits packing as one array.

    Args:
        settings: what to pack and where; `out` should be an absolute path on a file system that all nodes see.
            `task`, `num_tasks` and `num_workers` are set on the nodes.
        executor: with the cluster's parameters set (`slurm_partition`, `timeout_min`, `cpus_per_task`,
            `slurm_array_parallelism`, …); by default a new one that keeps its files in `<out>/logs/submitit`.
        samples_per_node: about how many samples one task packs.
        num_workers: processes of a task; None for as many as it has CPUs.

    Returns:
        A job for each task; its result is how many shards it packed.

    Raises:
        MissingExtraError: submitit is not installed.
        UsageError: the slice does not fit the shards, the number of rows is unknown, or submitit cannot keep its files
            in such a folder.
    """
    try:
        import submitit
    except ModuleNotFoundError as error:
        raise MissingExtraError("submitit_pack", "slurm") from error
    if rows.count is None and settings.num_samples is None:
        raise UsageError("this stream does not say how many rows it has", "Give `num_samples` in the settings.")
    settings = replace(settings, out=real_path(Path(settings.out)))
    count = settings.start_idx + (settings.num_samples or 0) if rows.count is None else rows.count
    work = Work(count, settings.shard_size, settings.start_idx, settings.num_samples, settings.shards)
    tasks = count_tasks(work.ranges(), samples_per_node)
    chosen = executor or submitit.AutoExecutor(folder=_own_folder(settings.out))
    task = PackTask(corpus, rows, settings, num_workers)
    return list(chosen.map_array(task, range(tasks), [tasks] * tasks))


def _own_folder(out: Path) -> Path:
    folder = out / "logs" / "submitit"
    if set("%\\") & set(str(folder)):  # submitit and sbatch replace %j, and sbatch drops backslashes
        raise UsageError(
            f"{folder}: submitit cannot keep its files in a folder with % or a backslash in its name",
            "Give an `executor` with a folder of its own, or another `out`.",
        )
    return folder

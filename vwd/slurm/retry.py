"""Retrying: the shards that are missing or torn, except those that a live task holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vwd.shards.paths import OutputPaths
from vwd.slurm.coverage import read_coverage
from vwd.slurm.failures import owning_tasks
from vwd.slurm.jobs import find_jobs, held_shards
from vwd.slurm.settings import load_settings
from vwd.slurm.submission import Submission
from vwd.slurm.submit import make_submission


@dataclass(frozen=True)
class Retry:
    """What is to be submitted again.

    Attributes:
        submissions: not yet frozen; several where shards were submitted with different options.
        held: how many incomplete shards live tasks hold.
    """

    submissions: tuple[Submission, ...]
    shards: tuple[int, ...]
    held: int


def plan_retry(paths: OutputPaths, environment: Mapping[str, str], folder: Path, max_array_size: int) -> Retry:
    """The submissions that pack what is missing. Settings are the earlier ones, unless they are given now.

    Raises:
        OutputError: a submission or the `pack.json` cannot be read.
        SlurmError: the queue cannot be asked, so that it is unknown what live tasks hold.
        UsageError: a setting is not allowed.
    """
    coverage = read_coverage(paths)
    held: dict[int, str] = {}
    if coverage.incomplete:
        held = held_shards(coverage.submissions, find_jobs(paths, coverage.submissions).live)
    free = sorted(coverage.incomplete - held.keys())
    groups: dict[tuple[object, ...], tuple[Submission, list[int]]] = {}
    for number, (one, _) in owning_tasks(coverage, free).items():
        alike = (one.work.start_idx, one.work.num_samples, one.work.shard_size, one.pack, one.export)
        _, numbers = groups.setdefault(alike, (one, []))
        numbers.append(number)
    again = []
    for one, numbers in groups.values():
        again.append(
            make_submission(
                one.dataset, replace(one.work, shards=tuple(sorted(numbers))), one.pack,
                load_settings(environment, folder, one.settings), one.export, max_array_size, one.folder,
            )
        )  # fmt: skip
    return Retry(tuple(again), tuple(free), len(coverage.incomplete) - len(free))

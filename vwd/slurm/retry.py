"""Retrying: the shards that are missing or torn, less those that a live task holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vwd.shards.paths import OutputPaths
from vwd.slurm.failures import owners
from vwd.slurm.live import find_jobs, held_shards
from vwd.slurm.settings import load_settings
from vwd.slurm.shards import look
from vwd.slurm.submission import Submission
from vwd.slurm.submit import make_submission


@dataclass(frozen=True)
class Retry:
    """What is to be submitted again.

    Attributes:
        submissions: not yet frozen; one, but where shards were submitted with different options.
        held: how many shards are left to live tasks.
    """

    submissions: tuple[Submission, ...]
    shards: tuple[int, ...]
    held: int


def plan_retry(paths: OutputPaths, environment: Mapping[str, str], folder: Path, max_array_size: int) -> Retry:
    """The submissions that make what is missing. Settings are the earlier ones, but for what is said now.

    Raises:
        OutputError: a submission or the `pack.json` cannot be read.
        SlurmError: the queue cannot be asked, so that nobody knows what a live task holds.
        UsageError: a setting is not allowed.
    """
    standing = look(paths)
    lacking = {*standing.missing, *standing.torn}
    held = held_shards(standing, find_jobs(paths, standing.submissions).live) if lacking else {}
    free = sorted(lacking - held.keys())
    groups: dict[tuple[object, ...], tuple[Submission, list[int]]] = {}
    for number, (one, _) in owners(standing, free).items():
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
    return Retry(tuple(again), tuple(free), len(lacking) - len(free))

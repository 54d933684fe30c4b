"""What a conversion is given, and what it reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vwd.errors import VwdError
from vwd.records.folders import Group

if TYPE_CHECKING:  # these take longer to load than many files to look through (see `vwd.records.convert`)
    from vwd.records.statistics import GroupCounts
    from vwd.shards.entry import Entry
    from vwd.shards.pack import PackPlan
    from vwd.shards.workers import Failure


@dataclass(frozen=True)
class ConvertSettings:
    """How a folder is converted.

    Attributes:
        samples_per_shard: at most; a shard is of so many rows, less those that are skipped.
        skip_invalid: whether rows with a fault are left out.
    """

    input_dir: Path
    output_dir: Path
    samples_per_shard: int = 10_000
    num_workers: int = 1
    skip_invalid: bool = True


@dataclass(frozen=True)
class GroupResult:
    """How the conversion of a group went. `counts` are of all runs; `built` and `failures` of this one.

    Attributes:
        name: of the subfolder.
        error: why nothing of it could be converted.
        restarted: whether an earlier run's shards were removed, as the files have changed since.
    """

    name: str
    counts: GroupCounts
    built: tuple[Entry, ...] = ()
    failures: tuple[Failure, ...] = ()
    error: VwdError | None = None
    restarted: bool = False


@dataclass(frozen=True)
class Reports:
    """What is called while a folder is converted."""

    on_group: Callable[[Group], None] = lambda group: None
    on_plan: Callable[[PackPlan], None] = lambda plan: None
    on_rows: Callable[[int], None] = lambda rows: None
    on_result: Callable[[GroupResult], None] = lambda result: None

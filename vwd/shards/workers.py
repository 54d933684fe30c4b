"""Building shards in worker processes, each of which owns a whole shard."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from vwd.shards.builder import ShardBuilder, ShardJob
from vwd.shards.entry import Entry
from vwd.shards.paths import OutputPaths
from vwd.shards.plan import ShardRange
from vwd.shards.pool import Failed, Handler, run_pool
from vwd.storage.tempfiles import names_in_progress


@dataclass(frozen=True)
class Failure:
    """A shard that could not be built. `fatal`: whether the other shards will fail, too; the rest as in an error."""

    number: int
    what: str
    hint: str
    trace: str = ""
    fatal: bool = False


def build_shards(
    job: ShardJob, shards: Iterable[ShardRange], on_rows: Callable[[int], None]
) -> Generator[Entry | Failure, None, None]:
    """Builds shards in the settings' number of processes (see `run_pool`).

    Args:
        on_rows: called with the number of rows done since the last call.

    Raises:
        SilentStoreError: the store of the output does not answer.
    """
    defer = partial(_begun_elsewhere, job.paths)
    outcomes = run_pool(partial(_open_builder, job), shards, job.settings.num_workers, on_rows, defer)
    try:
        for outcome in outcomes:
            if isinstance(outcome, Failed):
                outcome.raise_if_silent()
                yield Failure(outcome.item.number, outcome.what, outcome.hint, outcome.trace, outcome.fatal)
            else:
                yield outcome.result
    finally:
        outcomes.close()


def _begun_elsewhere(paths: OutputPaths, shards: Sequence[ShardRange]) -> set[ShardRange]:
    """The shards that another live run is building: by the time the others are done, they may be complete."""
    names = names_in_progress(paths.temp)
    return {shard for shard in shards if paths.tar(shard.number).name in names} if names else set()


def _open_builder(job: ShardJob) -> Handler[ShardRange, Entry]:
    return ShardBuilder(job).build

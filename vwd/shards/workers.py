"""Building shards in worker processes: each builds a whole shard, or a part of one that several share."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

from vwd.shards.builder import ShardBuilder, ShardJob
from vwd.shards.entry import Entry
from vwd.shards.parts import Part, split_shards, whole_shards
from vwd.shards.plan import ShardRange
from vwd.shards.pool import Done, Failed, Handler, run_pool
from vwd.shards.rendered import RenderedRows
from vwd.shards.spills import Spills

# Far below the hour after which another node takes a file that has not changed for that of a dead writer.
_TOUCH_SECONDS = 60.0


@dataclass(frozen=True)
class Failure:
    """A shard that could not be built. `fatal`: whether the other shards will fail, too; the rest as in an error."""

    number: int
    what: str
    hint: str
    trace: str = ""
    fatal: bool = False


@dataclass(frozen=True, eq=False)
class _Append:
    """The next parts of a shard that are rendered, in order, while others are not yet."""

    shard: ShardRange
    parts: tuple[tuple[Part, RenderedRows], ...]

    @property
    def number(self) -> int:
        return self.shard.number


@dataclass(frozen=True, eq=False)
class _Join(_Append):
    """All parts of a shard, in order."""


_Item = Part | _Append
_Result = Entry | RenderedRows | None
_Outcome = Done[_Item, _Result] | Failed[_Item]


def build_shards(
    job: ShardJob, shards: Iterable[ShardRange], on_rows: Callable[[int], None]
) -> Generator[Entry | Failure, None, None]:
    """Builds shards in the settings' number of processes (see `run_pool`); several share one where they would be idle.

    Args:
        on_rows: called with the number of rows done since the last call.

    Raises:
        SilentStoreError: the store of the output does not answer.
    """
    workers = job.settings.num_workers
    # Rows that come in order alone would be read from the first by every worker.
    cuts = getattr(job.rows, "cuts", ())
    seekable = job.rows.seekable
    parts = split_shards(tuple(shards), workers, job.settings.part_rows, cuts) if seekable else whole_shards(shards)
    items: list[_Item] = [*parts]
    joins = _Joins(job.spills, parts)

    def progress(rows: int) -> None:
        on_rows(rows)
        joins.touch()

    defer = partial(_begun_elsewhere, job.spills)
    outcomes = run_pool(
        partial(_open_builder, job), items, workers, progress, defer, joins.follow, job.content.load, _tar_of
    )
    ended: set[int] = set()
    try:
        for outcome in outcomes:
            if isinstance(outcome, Failed):
                outcome.raise_if_silent()
                result: _Result | Failure = _failure(outcome)
            else:
                result = outcome.result
            # Of a shard in parts, several may fail, or find that another run has finished it.
            if isinstance(result, Entry | Failure) and outcome.item.number not in ended:
                ended.add(outcome.item.number)
                yield result
    finally:
        outcomes.close()
        joins.remove()


def _failure(failed: Failed[_Item]) -> Failure:
    return Failure(failed.item.number, failed.what, failed.hint, failed.trace, failed.fatal)


class _Joins:
    """Which parts of the shards that several workers share have ended, and which of them can be put together."""

    def __init__(self, spills: Spills, parts: Iterable[Part]) -> None:
        self._spills = spills
        self._parts: dict[int, list[Part]] = defaultdict(list)
        for part in parts:
            if not part.is_whole:
                self._parts[part.number].append(part)
        self._rendered: dict[Part, RenderedRows | None] = {}
        self._appended: Counter[int] = Counter()  # how many parts of a shard are in its tar, or on their way there
        self._appending: set[int] = set()
        self._failed: set[int] = set()
        self._next_touch = time.monotonic() + _TOUCH_SECONDS

    def follow(self, outcome: _Outcome) -> Iterable[_Append]:
        """What can be done with a shard's parts now that one more has ended, or was appended."""
        item = outcome.item
        if isinstance(item, _Join) or (isinstance(item, Part) and item.is_whole):
            return ()
        result = outcome.result if isinstance(outcome, Done) else None
        if isinstance(item, Part):
            self._rendered[item] = result if isinstance(result, RenderedRows) else None
            if self._rendered[item] is None:
                self._failed.add(item.number)
        else:
            self._appending.remove(item.number)
            if isinstance(outcome, Failed):
                self._failed.add(item.number)
        return self._next(item.number) if item.number not in self._appending else ()

    def _next(self, number: int) -> Iterable[_Append]:
        """The join of a shard whose parts are all rendered; else an append of those that are next. Of a shard that
        has failed, or is done already, all is removed when nobody writes it any more.
        """
        parts = self._parts[number]
        ended = all(part in self._rendered for part in parts)
        if number in self._failed:
            if ended:
                self._spills.remove(parts)
            return ()
        if ended:
            return (_Join(parts[0].shard, self._with_rows(parts)),)
        ready = self._with_rows(takewhile(self._rendered.get, parts[self._appended[number] :]))
        if not ready:
            return ()
        self._appended[number] += len(ready)
        self._appending.add(number)
        return (_Append(parts[0].shard, ready),)

    def _with_rows(self, parts: Iterable[Part]) -> tuple[tuple[Part, RenderedRows], ...]:
        return tuple((part, rows) for part in parts if (rows := self._rendered[part]))

    def touch(self) -> None:
        """Shows other nodes once in a while that the parts are still to be joined."""
        if time.monotonic() >= self._next_touch:
            self._next_touch = time.monotonic() + _TOUCH_SECONDS
            for part in self._rendered:
                self._spills.touch(part)

    def remove(self) -> None:
        """Removes what is left of all parts; nobody may be writing one."""
        for parts in self._parts.values():
            self._spills.remove(parts)


def _tar_of(item: _Item) -> int | None:
    """The shard whose tar an item adds to, which one worker has open."""
    return item.number if isinstance(item, _Append) else None


def _begun_elsewhere(spills: Spills, items: Sequence[_Item]) -> set[_Item]:
    """The items of shards that another live run is building: when the others are done, they may be complete."""
    names = spills.begun_elsewhere()
    if not names:
        return set()
    return {item for item in items if isinstance(item, Part) and spills.paths.tar(item.number).name in names}


def _open_builder(job: ShardJob) -> Handler[_Item, _Result]:
    builder = ShardBuilder(job)

    def handle(item: _Item, on_row: Callable[[], None]) -> _Result:
        if isinstance(item, _Join):
            return builder.join(item.shard, item.parts)
        if isinstance(item, _Append):
            builder.append(item.shard, item.parts)
            return None
        return builder.build(item.shard, on_row) if item.is_whole else builder.render(item, on_row)

    return handle

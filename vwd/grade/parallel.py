"""Predictions in several processes, their verdicts in the order of the samples.

Samples are taken from their source as workers become free, so that only those in work are held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count, islice
from typing import Any, NamedTuple, TypeVar

import cv2

from vwd.errors import VwdError
from vwd.shards.pool import Failed, Handler, run_pool

Item = TypeVar("Item")
Result = TypeVar("Result")
# Items that wait for a worker, for each.
_AHEAD = 2


class _Numbered(NamedTuple):
    number: int
    item: Any


def in_order(
    handle: Callable[[Item], Result],
    items: Iterable[Item],
    num_workers: int,
    on_death: Callable[[Item, str], Result],
) -> Iterator[Result]:
    """Handles items in worker processes; yields each result, in the order of the items.

    Args:
        handle: picklable.
        on_death: the result of an item whose process died, by how it died.

    Raises:
        VwdError: an item failed.
    """
    left = map(_Numbered, count(), items)
    started = list(islice(left, (1 + _AHEAD) * num_workers))
    done: dict[int, Result] = {}
    outcomes = run_pool(partial(_open, handle), started, num_workers, follow=lambda outcome: islice(left, 1))
    following = 0
    try:
        for outcome in outcomes:
            if isinstance(outcome, Failed):
                if outcome.trace:
                    raise VwdError(outcome.what, outcome.hint)
                done[outcome.item.number] = on_death(outcome.item.item, outcome.what)
            else:
                done[outcome.item.number] = outcome.result
            while following in done:
                yield done.pop(following)
                following += 1
    finally:
        outcomes.close()


def _open(handle: Callable[[Item], Result]) -> Handler[_Numbered, Result]:
    cv2.setNumThreads(0)  # there is a process for each CPU
    return partial(_handle, handle)


def _handle(handle: Callable[..., Result], numbered: _Numbered, _count: Callable[[], None]) -> Result:
    return handle(numbered.item)

"""Which sample is at each position of each epoch: the orders of one output or several, combined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from vwd.shards.members import TASKS
from vwd.shards.splitmix64 import hash_integers
from vwd.stream.mixture import Mixture
from vwd.stream.shuffle import Location, Order
from vwd.stream.split import Selection


class Request(NamedTuple):
    """A sample of one of the sources, and the task it is read for."""

    source: int
    location: Location
    task: str


class Epochs:
    """A pure function of seed, epoch and position, independent of ranks and workers.

    The epochs are consecutive parts of one endless stream of samples. An epoch of one output has every sample once
    (with both tasks, every sample once for each of them). An epoch of a mixture is as long as its outputs together,
    in whole periods; an output that is exhausted starts again, in another order, so that over time each of its
    samples appears equally often.

    Args:
        selections: of the samples that each order counts; all where there are none.

    Attributes:
        samples: positions of an epoch.
        window: when shards are read forwards, the most positions between passing a sample and needing it.
    """

    def __init__(
        self, orders: Sequence[Order], shares: Sequence[int], tasks: Sequence[str], seed: int,
        selections: Sequence[Selection] = (),
    ) -> None:  # fmt: skip
        self._orders, self._selections = tuple(orders), tuple(selections)
        self._mixture = Mixture(shares, seed)
        self._tasks = tuple(tasks)
        self._seed = seed
        period = self._mixture.period
        held = sum(order.samples for order in orders) * len(tasks)
        self.window = max(o.streams * o.block * period // share for o, share in zip(orders, shares, strict=True))
        self.samples = max(period, held // period * period)

    def at(self, epoch: int, position: int) -> Request:
        """The sample at a position, 0 to `samples` - 1, of an epoch."""
        source, index = self._mixture.at(epoch * self.samples + position)
        order = self._orders[source]
        turn, within = divmod(index, order.samples)
        location = order.at(turn, within)
        if self._selections:
            location = self._selections[source].locate(location)
        # Passes take the tasks in turn; the task of the first pass differs from sample to sample.
        several = len(self._tasks) > 1
        first = hash_integers(self._seed, 3, source, location.shard, location.sample) if several else 0
        return Request(source, location, self._tasks[(first + turn) % len(self._tasks)])


def tasks_of(task: str) -> tuple[str, ...]:
    """The tasks that a name means: one, or both."""
    return TASKS if task == "both" else (task,)

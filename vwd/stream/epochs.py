"""Which sample stands at each position of each epoch: the orders of one output or several, put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from vwd.shards.members import TASKS
from vwd.stream.mixture import Mixture
from vwd.stream.order import Order, Place, mixed


class Ref(NamedTuple):
    """A sample of one of the sources, and the task it is read for."""

    source: int
    place: Place
    task: str


class Epochs:
    """A pure function of seed, epoch and position; ranks and workers do not come into it.

    The epochs lie end to end in one endless stream of samples. An epoch of one output has every sample once (with
    both tasks, every sample once for each of them). An epoch of a mixture is as long as its outputs together, in
    whole periods; where one output is through it begins anew, in another order, so that over time each of its
    samples comes equally often.

    Attributes:
        samples: positions of an epoch.
        window: within how many positions a sample is passed by and asked for, when shards are read forwards.
    """

    def __init__(self, orders: Sequence[Order], shares: Sequence[int], tasks: Sequence[str], seed: int) -> None:
        self._orders = tuple(orders)
        self._mixture = Mixture(shares, seed)
        self._tasks = tuple(tasks)
        self._seed = seed
        period = self._mixture.period
        held = sum(order.samples for order in orders) * len(tasks)
        self.window = max(o.streams * o.block * period // share for o, share in zip(orders, shares, strict=True))
        self.samples = max(period, held // period * period)

    def at(self, epoch: int, position: int) -> Ref:
        """The sample at a position, 0 to `samples` - 1, of an epoch."""
        source, index = self._mixture.at(epoch * self.samples + position)
        order = self._orders[source]
        turn, within = divmod(index, order.samples)
        place = order.at(turn, within)
        # Passes take the tasks in turn; with which of them a sample begins differs from sample to sample.
        first = mixed(self._seed, 3, source, place.slot, place.number) if len(self._tasks) > 1 else 0
        return Ref(source, place, self._tasks[(first + turn) % len(self._tasks)])


def task_names(task: str) -> tuple[str, ...]:
    """The tasks that a name means: one, or both."""
    return TASKS if task == "both" else (task,)

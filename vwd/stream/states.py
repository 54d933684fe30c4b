"""States of loaders: checked before anything is resumed from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from vwd.errors import ContractError
from vwd.limits import EPOCH_LIMIT


class Ordered(Protocol):
    """Samples in an order that has a name.

    Attributes:
        order_id, old_order_id: its names now, and in states that 0.1 saved.
    """

    order_id: str
    old_order_id: str

    @property
    def samples(self) -> int:
        """In an epoch."""


def checked_state(state: Mapping[str, Any], name: str, data: Ordered) -> tuple[int, int]:
    """The epoch of a state, and how far in it that is, in samples over all ranks.

    Args:
        name: the state's field that says how far.

    Raises:
        ContractError: it is not one that `state_dict` gave, or of another order: other shards, split, seed, task or
            shuffle settings.
    """
    epoch, samples = state.get("epoch"), state.get(name)
    plain = type(epoch) is int and type(samples) is int and isinstance(state.get("order"), str)
    if not plain or not 0 <= epoch < EPOCH_LIMIT or not 0 <= samples <= data.samples:  # type: ignore[operator]
        raise ContractError(
            f"not a state of this: epoch {epoch!r}, {name} {samples!r} of {data.samples:,}",
            "Load what state_dict() gave.",
        )
    if state["order"] not in (data.order_id, data.old_order_id):
        raise ContractError(
            "this state was saved with another order of samples than the dataset has",
            "Give the same shards, split, weights, task, seed, shuffle and streams as when it was saved.",
        )
    return int(epoch), int(samples)  # type: ignore[arg-type]

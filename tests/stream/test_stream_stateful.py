"""torchdata's StatefulDataLoader goes on where it was, in the right epoch, or says that it cannot."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from stream.streaming import NO_TORCH, SAMPLES, keys, small

from vwd.errors import ContractError, UsageError

torch = pytest.importorskip("torch", reason=NO_TORCH)
stateful = pytest.importorskip("torchdata.stateful_dataloader", reason="pip install torchdata")

pytest_plugins = ["stream.uneven"]
pytestmark = pytest.mark.filterwarnings("ignore:'set_vital' is deprecated:UserWarning")

WORKERS = [0, 2]


def loader(uneven: Path, workers: int, epoch: int | None = None, **options: Any) -> Any:
    data = small(uneven, **options)
    if epoch is not None:
        data.set_epoch(epoch)
    return stateful.StatefulDataLoader(data, batch_size=4, num_workers=workers)


def state_of(uneven: Path, workers: int, batches: int | None, epoch: int = 1) -> Any:
    """The state after some batches of an epoch; None for all."""
    interrupted = loader(uneven, workers, epoch)
    for _ in itertools.islice(interrupted, batches):
        pass
    return json.loads(json.dumps(interrupted.state_dict()))


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("moved", ["before", "after", "never"])
def test_a_state_continues_in_its_epoch_wherever_set_epoch_stands(uneven: Path, workers: int, moved: str) -> None:
    undisturbed = keys(loader(uneven, 0, 1))
    resumed = loader(uneven, workers, 1 if moved == "before" else None)
    resumed.load_state_dict(state_of(uneven, workers, 2))
    if moved == "after":
        resumed.dataset.set_epoch(1)
    assert keys(resumed) == undisturbed[8:]
    resumed.dataset.set_epoch(2)
    assert keys(resumed) == keys(loader(uneven, 0, 2))
    assert len(undisturbed) == SAMPLES


@pytest.mark.parametrize("workers", WORKERS)
def test_a_resumed_loader_can_be_saved_and_resumed_again(uneven: Path, workers: int) -> None:
    resumed = loader(uneven, workers)
    resumed.load_state_dict(state_of(uneven, workers, 1))
    received = iter(resumed)
    assert next(received)["key"] == keys(loader(uneven, 0, 1))[4:8]
    again = loader(uneven, workers)
    again.load_state_dict(resumed.state_dict())
    assert keys(again) == keys(loader(uneven, 0, 1))[8:]


@pytest.mark.parametrize("workers", WORKERS)
def test_the_state_at_the_end_of_an_epoch_goes_on_with_the_next_one(uneven: Path, workers: int) -> None:
    resumed = loader(uneven, workers)
    resumed.load_state_dict(state_of(uneven, workers, None))
    resumed.dataset.set_epoch(2)
    assert keys(resumed) == keys(loader(uneven, 0, 2))


@pytest.mark.parametrize("workers", WORKERS)
def test_a_state_from_the_middle_of_another_epoch_is_refused(uneven: Path, workers: int) -> None:
    resumed = loader(uneven, workers)
    resumed.load_state_dict(state_of(uneven, workers, 2))
    resumed.dataset.set_epoch(2)
    with pytest.raises((UsageError, RuntimeError), match="do not come next"):
        keys(resumed)


def test_a_state_of_another_order_or_number_of_ranks_is_refused(uneven: Path) -> None:
    state = small(uneven).state_dict()
    for options, says in (({"seed": 1}, "another order"), ({"rank": 0, "world_size": 2}, "saved with 1 ranks")):
        with pytest.raises(ContractError, match=says):
            small(uneven, **options).load_state_dict(state)
    with pytest.raises(ContractError, match="not a state of this"):
        small(uneven).load_state_dict({"epoch": 1, "samples": 8, "order": small(uneven).order_id})


def test_datasets_and_loaders_are_stateful_as_torchdata_defines_it(uneven: Path) -> None:
    from torchdata.stateful_dataloader import Stateful

    from vwd.stream import ShardLoader, prefetch

    kept = ShardLoader(small(uneven), 4)
    assert all(isinstance(one, Stateful) for one in (kept, kept.data, prefetch(kept, "cpu")))

"""Stopping in the middle of an epoch and resuming with the very next sample, on any number of ranks and workers."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from stream.streaming import NO_TORCH, SAMPLES, keys, small

torch = pytest.importorskip("torch", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")


def loaders(uneven: Path, ranks: int, global_batch: int, workers: int = 0, **options: Any) -> list[Any]:
    from vwd.stream import ShardLoader

    return [
        ShardLoader(small(uneven, rank=rank, world_size=ranks, **options), global_batch // ranks, workers)
        for rank in range(ranks)
    ]


def global_batches(parts: list[Any], most: int | None = None) -> list[list[tuple[int, str]]]:
    """Position and key of each step's samples over all ranks, sorted, without padding."""
    steps = itertools.islice(zip(*parts, strict=True), most)
    return [
        sorted(
            (position, key)
            for batch in step
            for position, key, padding in zip(
                batch["position"].tolist(), batch["key"], batch["padding"].tolist(), strict=True
            )
            if not padding
        )
        for step in steps
    ]


@pytest.mark.parametrize(("ranks", "workers"), [(1, 0), (1, 3), (2, 0), (3, 2), (6, 0)])
def test_another_number_of_ranks_and_workers_resumes_with_the_next_sample(
    uneven: Path, ranks: int, workers: int
) -> None:
    (single,) = loaders(uneven, 1, 6)
    single.data.set_epoch(1)
    undisturbed = global_batches([single])

    before = loaders(uneven, 2, 6, workers=2)
    for one in before:
        one.data.set_epoch(1)
    assert global_batches(before, 2) == undisturbed[:2]
    states = [one.state_dict() for one in before]
    assert states[0] == states[1]

    after = loaders(uneven, ranks, 6, workers)
    for one in after:
        one.load_state_dict(json.loads(json.dumps(states[0])))
        one.data.set_epoch(states[0]["epoch"])
    assert len(after[0]) == 4  # of a whole epoch
    assert global_batches(after) == undisturbed[2:]
    for one in after:
        one.data.set_epoch(2)
    assert sum(map(len, global_batches(after))) == SAMPLES


def test_the_state_counts_what_the_loop_has_received_not_what_workers_have_prepared(uneven: Path) -> None:
    (loader,) = loaders(uneven, 1, 2, workers=2)
    received = iter(loader)
    assert loader.state_dict()["samples"] == 0
    next(received)
    assert loader.state_dict()["samples"] == 2
    next(received)
    assert loader.state_dict()["samples"] == 4


def test_the_state_at_the_end_of_an_epoch_resumes_with_the_next_one(uneven: Path) -> None:
    (loader,) = loaders(uneven, 1, 6)
    assert len(keys(loader)) == SAMPLES
    state = loader.state_dict()
    (resumed,) = loaders(uneven, 1, 6)
    resumed.load_state_dict(state)
    resumed.data.set_epoch(0)
    assert keys(resumed) == []
    resumed.data.set_epoch(1)
    loader.data.set_epoch(1)
    assert resumed.state_dict() == loader.state_dict()
    assert keys(resumed) == keys(loader)


def test_the_state_of_another_order_is_refused(uneven: Path) -> None:
    from vwd.errors import ContractError
    from vwd.stream import ShardLoader

    (loader,) = loaders(uneven, 1, 6)
    others: list[dict[str, Any]] = [
        {"seed": 1}, {"shuffle": 8}, {"task": "both"}, {"address": f"{uneven}/gsm8k-{{000000..000003}}.tar"}
    ]  # fmt: skip
    for options in others:
        other = ShardLoader(small(**{"address": uneven, **options}), 6)
        with pytest.raises(ContractError, match="another order"):
            other.load_state_dict(loader.state_dict())


def test_a_state_is_valid_for_other_frames_and_ways_of_reading(uneven: Path) -> None:
    (loader,) = loaders(uneven, 1, 6)
    next(iter(loader))
    (other,) = loaders(uneven, 1, 6, frames="first:2", reading="stream", source="video")
    other.load_state_dict(loader.state_dict())
    (undisturbed,) = loaders(uneven, 1, 6)
    assert keys(other) == keys(undisturbed)[6:]


def test_a_loader_does_not_change_the_global_generator(uneven: Path) -> None:
    (loader,) = loaders(uneven, 1, 6)
    before = torch.get_rng_state()
    keys(loader)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_loader_is_told_of_epochs_where_frameworks_tell_samplers(uneven: Path) -> None:
    (loader,) = loaders(uneven, 1, 6)
    orders = []
    for epoch in range(3):
        loader.sampler.set_epoch(epoch)
        orders.append(tuple(keys(loader)))
    assert len(set(orders)) == 3
    loader.set_epoch(1)
    assert tuple(keys(loader)) == orders[1]
    assert len(loader.dataset) == SAMPLES

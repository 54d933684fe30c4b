"""The order of an epoch: every sample once, well shuffled, and a function of numbers alone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from vwd.stream.epochs import Epochs
from vwd.stream.shuffle import Location, Order


def locations(order: Order, turn: int = 0) -> list[Location]:
    return [order.at(turn, position) for position in range(order.samples)]


def samples_of(order: Order, turn: int = 0) -> list[tuple[int, int]]:
    return [(at.shard, at.sample) for at in locations(order, turn)]


@settings(max_examples=150)
@given(
    counts=st.lists(st.integers(0, 30), min_size=1, max_size=12).filter(any),
    seed=st.integers(-(2**63), 2**63 - 1),
    shuffle=st.integers(0, 400),
    streams=st.integers(1, 9),
    turn=st.integers(0, 1000),
)
def test_every_pass_takes_every_sample_once(
    counts: list[int], seed: int, shuffle: int, streams: int, turn: int
) -> None:
    order = Order(counts, seed, shuffle, streams)
    everything = [(slot, number) for slot, count in enumerate(counts) for number in range(count)]
    assert sorted(samples_of(order, turn)) == everything
    if not shuffle:
        assert samples_of(order, turn) == everything


def test_the_order_is_the_same_on_every_machine() -> None:
    order = Order((7, 1, 8, 3, 4), 5, 8, 2)
    assert samples_of(order)[:8] == [(4, 0), (2, 5), (3, 0), (1, 0), (3, 2), (2, 7), (3, 1), (2, 6)]
    assert [order.at(3, position) for position in (22, 0, 11)] == [locations(order, 3)[p] for p in (22, 0, 11)]


def test_another_seed_or_pass_gives_another_order() -> None:
    orders = [samples_of(Order((50,) * 5, seed, 64, 4), turn) for seed in (0, 1) for turn in (0, 1)]
    assert all(a != b for n, a in enumerate(orders) for b in orders[:n])


def test_a_batch_comes_from_nearly_as_many_shards_as_there_are_streams() -> None:
    order = Order((1000,) * 64, 3, 4096, 32)
    batches = [
        {order.at(0, position).shard for position in range(first, first + 32)} for first in range(0, 32_000, 320)
    ]
    assert sum(map(len, batches)) / len(batches) > 28


def test_few_samples_are_shuffled_evenly() -> None:
    order = Order((50,) * 4, 0, 4096, 128)
    places = [0.0] * 200
    for turn in range(400):
        for position, (slot, number) in enumerate(samples_of(order, turn)):
            places[slot * 50 + number] += position / 400
    assert min(places) > 75  # a sample's mean position is 99.5, with a standard deviation of 2.9
    assert max(places) < 125


def test_both_tasks_appear_once_per_epoch_for_every_sample() -> None:
    epochs = Epochs([Order((7, 1, 8), 0, 8, 2)], [1], ("inference", "rendering"), 0)
    assert epochs.samples == 32
    for epoch in range(3):
        refs = [epochs.at(epoch, position) for position in range(32)]
        assert len({(ref.location.shard, ref.location.sample, ref.task) for ref in refs}) == 32
        assert {ref.task for ref in refs[:16]} == {"inference", "rendering"}

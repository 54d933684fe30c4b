"""Who deals out samples or batches of a rank's share once more is refused; a plain DataLoader of any form is not."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream.streaming import NO_TORCH, SAMPLES, keys, small

from vwd.errors import UsageError

torch = pytest.importorskip("torch", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")

WORKERS = [0, 1, 2, 3]
# torch raises the error of a worker as a RuntimeError, with its text.
REFUSED = (UsageError, RuntimeError)


def loader(data: Any, batch_size: int | None = 4, num_workers: int = 0, **options: Any) -> Any:
    return torch.utils.data.DataLoader(data, batch_size, num_workers=num_workers, **options)


def dealt(samples: int, rank: int, ranks: int) -> list[list[int]]:
    """Every `ranks`th batch, as accelerate's BatchSamplerShard gives a rank."""
    return batches_of(samples, 2)[rank::ranks]


def cut(samples: int, rank: int, ranks: int) -> list[list[int]]:
    """A part of every batch, as accelerate does with `split_batches`."""
    parts = [one[2 * rank : 2 * rank + 2] for one in batches_of(samples, 2 * ranks)]
    return [part for part in parts if part]


def batches_of(samples: int, size: int) -> list[list[int]]:
    return [list(range(first, min(first + size, samples))) for first in range(0, samples, size)]


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("ranks", [2, 3])
@pytest.mark.parametrize("deal", [dealt, cut])
def test_batches_that_are_dealt_to_ranks_are_refused_on_each(
    uneven: Path, deal: Callable[[int, int, int], list[list[int]]], ranks: int, workers: int
) -> None:
    for rank in range(ranks):
        sampler = deal(SAMPLES, rank, ranks)
        with pytest.raises(REFUSED, match="someone else deals out its batches") as refused:
            keys(torch.utils.data.DataLoader(small(uneven), batch_sampler=sampler, num_workers=workers))
        assert "leave that out of accelerate's prepare" in str(refused.value)


@pytest.mark.parametrize("workers", [0, 3])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("shuffle", [False, True])
def test_a_distributed_sampler_is_refused(uneven: Path, batch: int, workers: int, shuffle: bool) -> None:
    data = small(uneven)
    for rank in range(2):
        sampler = torch.utils.data.DistributedSampler(data, num_replicas=2, rank=rank, shuffle=shuffle)
        with pytest.raises(REFUSED, match="ShardDataset"):
            keys(loader(data, batch, workers, sampler=sampler))


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("indices", [range(8), range(SAMPLES), range(8, 16), [4, 2, 9]])
def test_a_subset_is_refused_and_splits_are_named(uneven: Path, indices: Any, workers: int) -> None:
    data = small(uneven)
    subset = torch.utils.data.Subset(data, indices)
    with pytest.raises(REFUSED, match="Subset") as refused:
        keys(loader(subset, 8, workers))
    assert "split='train'" in str(refused.value)
    with pytest.raises(UsageError, match="Subset"):
        subset[0]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("batch", [None, 8])
def test_samples_from_the_middle_on_are_refused(uneven: Path, batch: int | None, workers: int) -> None:
    with pytest.raises(REFUSED, match="do not come next"):
        list(loader(small(uneven), batch, workers, sampler=range(8, 16)))


@given(
    samples=st.integers(1, 60), batch=st.integers(1, 9), workers=st.integers(0, 5), drop=st.booleans(),
    skipped=st.integers(0, 12), epochs=st.integers(1, 3),
)  # fmt: skip
def test_a_data_loader_of_any_form_is_followed_also_after_its_state_was_loaded(
    samples: int, batch: int, workers: int, drop: bool, skipped: int, epochs: int
) -> None:
    from torch.utils.data._utils.fetch import _MapDatasetFetcher

    from vwd.stream.iterations import Iterations

    batches = [one for one in batches_of(samples, batch) if not drop or len(one) == batch]
    in_each = [Iterations() for _ in range(max(1, workers))]
    for epoch in range(epochs):
        fetchers = [_MapDatasetFetcher(None, True, None, drop) for _ in in_each]
        for number, one in list(enumerate(batches))[skipped if epoch == 0 else 0 :]:
            own = number % max(1, workers)
            progress: Any = SimpleNamespace(
                epoch=epoch, start=0, resumed=epoch == 0 and skipped > 0, worker=(own, workers) if workers else None
            )
            begins = in_each[own].follow(fetchers[own], one, samples, progress)
            assert begins == (number == 0)


@pytest.mark.parametrize("workers", [0, 3])
@pytest.mark.parametrize("batch", [None, 5, 12, 40])
def test_plain_loaders_are_not_refused(uneven: Path, batch: int | None, workers: int) -> None:
    data = small(uneven)
    expected = [sample["key"] for sample in data]
    read = list(loader(data, batch, workers))
    assert (keys(read) if batch else [sample["key"] for sample in read]) == expected
    assert keys(loader(data, 5, workers, drop_last=True)) == expected[: SAMPLES // 5 * 5]
    assert keys(loader(data, 5, workers, sampler=range(12))) == expected[:12]


@pytest.mark.parametrize("workers", [0, 2])
def test_two_loaders_may_take_turns(uneven: Path, workers: int) -> None:
    data = small(uneven)
    both = list(zip(loader(data, 4, workers), loader(data, 3, workers), strict=False))
    assert keys(one for one, _ in both) == [sample["key"] for sample in data][: 4 * len(both)]
    assert keys(one for _, one in both) == [sample["key"] for sample in data][: 3 * len(both)]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_loop_that_ends_early_begins_again_with_the_first_sample(uneven: Path, workers: int) -> None:
    data = small(uneven)
    kept = loader(data, 4, workers, persistent_workers=workers > 0)
    first = keys(itertools.islice(kept, 3))
    assert keys(kept)[:12] == first
    data.set_epoch(1)
    assert keys(itertools.islice(kept, 2)) != first[:8]
    data.set_epoch(2)
    assert len(set(keys(kept))) == SAMPLES


@pytest.mark.parametrize("workers", [0, 2])
def test_another_epoch_in_the_middle_of_one_is_refused(uneven: Path, workers: int) -> None:
    data = small(uneven)
    batches = iter(loader(data, 1, workers, persistent_workers=workers > 0))
    next(batches)
    data.set_epoch(1)
    with pytest.raises(REFUSED, match="from epoch 0 to 1 while"):
        list(batches)


def test_an_epoch_that_is_read_again_is_warned_of_once(uneven: Path, caplog: pytest.LogCaptureFixture) -> None:
    said = {}
    cases: list[tuple[str, dict[str, Any], bool]] = [
        ("forgotten", {}, False), ("moved on", {}, True), ("validation", {"split": "val", "val_fraction": 0.5}, False),
        ("not shuffled", {"shuffle": 0}, False),
    ]  # fmt: skip
    for name, options, moves in cases:
        caplog.clear()
        with caplog.at_level(logging.WARNING, "vwd.stream"):
            data = small(uneven, **options)
            for epoch in range(4):
                if moves:
                    data.set_epoch(epoch)
                keys(loader(data))
        said[name] = [record.getMessage() for record in caplog.records]
    assert said == {
        "forgotten": ["epoch 0 is read a second time, in the same order: call set_epoch(epoch) before each epoch"],
        "moved on": [], "validation": [], "not shuffled": [],
    }  # fmt: skip


def test_an_epoch_that_workers_read_again_is_warned_of_once(uneven: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shown = logging.StreamHandler()
    logging.getLogger("vwd.stream").addHandler(shown)
    try:
        data = small(uneven)
        for _ in range(3):
            keys(loader(data, 4, 2))
        for sample in itertools.chain(data, data):
            assert sample
    finally:
        logging.getLogger("vwd.stream").removeHandler(shown)
    assert capfd.readouterr().err.count("is read a second time") == 1

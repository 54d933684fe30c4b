"""Epochs as a training loop sees them: the same number of batches for every rank, every sample exactly once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import HANG_SECONDS
from stream.streaming import NO_TORCH, SAMPLES, keys, small

torch = pytest.importorskip("torch", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]
# A machine may have fewer cores than a test has workers.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")


def loader(data: Any, batch_size: int = 4, num_workers: int = 0, **options: Any) -> Any:
    return torch.utils.data.DataLoader(data, batch_size=batch_size, num_workers=num_workers, **options)


@pytest.mark.parametrize(("ranks", "workers"), [(1, 0), (1, 3), (2, 0), (3, 2), (30, 0)])
def test_every_rank_gets_the_same_number_of_batches_and_every_sample_appears_once(
    uneven: Path, ranks: int, workers: int
) -> None:
    parts = [list(loader(small(uneven, rank=rank, world_size=ranks), 4, workers)) for rank in range(ranks)]
    assert len({len(part) for part in parts}) == 1
    counted = Counter(
        key
        for part in parts
        for batch in part
        for key, padding in zip(batch["key"], batch["padding"].tolist(), strict=True)
        if not padding
    )
    assert len(counted) == SAMPLES
    assert set(counted.values()) == {1}
    padded = sum(int(batch["padding"].sum()) for part in parts for batch in part)
    assert padded == -SAMPLES % ranks


def test_a_dropped_remainder_is_less_than_one_sample_per_rank(uneven: Path) -> None:
    parts = [keys(loader(small(uneven, rank=r, world_size=3, remainder="drop"))) for r in range(3)]
    assert [len(part) for part in parts] == [7, 7, 7]
    assert len(set().union(*parts)) == 21


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_a_new_epoch_reaches_persistent_workers(uneven: Path, start: str) -> None:
    data = small(uneven)
    persistent = loader(data, num_workers=2, persistent_workers=True, multiprocessing_context=start)
    seen = []
    for epoch in range(3):
        data.set_epoch(epoch)
        seen.append(keys(persistent))
        fresh = small(uneven)
        fresh.set_epoch(epoch)
        assert seen[-1] == keys(loader(fresh))
    assert len({tuple(one) for one in seen}) == 3


def test_workers_may_start_after_the_main_process_has_read_samples_itself(uneven: Path) -> None:
    data = small(uneven, frames="all", size=(720, 1280))
    for index in range(SAMPLES):  # with OpenCV's threads, which workers do not inherit
        data[index]
    assert len(keys(loader(data, num_workers=2, timeout=HANG_SECONDS))) == SAMPLES


def test_an_interrupted_epoch_leaves_the_next_one_complete(uneven: Path) -> None:
    data = small(uneven)
    persistent = loader(data, num_workers=2, persistent_workers=True)
    next(iter(persistent))
    data.set_epoch(1)
    assert len(set(keys(persistent))) == SAMPLES


def test_the_global_batches_are_the_same_for_any_number_of_ranks(uneven: Path) -> None:
    def global_batches(ranks: int) -> list[set[str]]:
        parts = [
            list(loader(small(uneven, rank=r, world_size=ranks, remainder="drop"), 6 // ranks)) for r in range(ranks)
        ]
        return [{key for batch in at_once for key in batch["key"]} for at_once in zip(*parts, strict=True)]

    assert global_batches(1)[:3] == global_batches(2)[:3] == global_batches(3)[:3] == global_batches(6)[:3]


def test_a_batch_has_the_documented_contents(uneven: Path) -> None:
    batch = next(iter(loader(small(uneven, frames=5, channels=3, mask="text"), 4)))
    assert batch["video"].shape == (4, 5, 3, 120, 160)
    assert batch["video"].dtype == torch.uint8
    assert batch["mask"].shape == (4, 5, 120, 160)
    assert batch["prompt"][0].startswith("Question: A crate holds")
    assert batch["answer"][0].startswith("Well, ")
    assert batch["key"] == [f"gsm8k_{index:06d}" for index in batch["index"].tolist()]
    assert batch["position"].tolist() == [0, 1, 2, 3]
    assert batch["length"].tolist() == [5, 5, 5, 5]
    assert batch["padding"].dtype == torch.bool
    rendering = next(iter(loader(small(uneven, task="rendering"), 4)))
    assert rendering["key"] == batch["key"]
    assert all(
        answer.split("\n")[0] in prompt for answer, prompt in zip(batch["answer"], rendering["prompt"], strict=True)
    )


def test_invalid_options_are_refused(uneven: Path) -> None:
    from vwd.errors import UsageError

    wrong: list[dict[str, Any]] = [
        {"task": "reading"}, {"remainder": "keep"}, {"on_error": "ignore"}, {"frames": "some"}, {"frames": 0},
        {"rank": 1}, {"rank": 2, "world_size": 2}, {"layout": "hwc"}, {"source": "film"}, {"dtype": "int8"},
        {"channels": 2}, {"mask": "words"}, {"reading": "random"}, {"size": (0, 5)}, {"shuffle": -1}, {"streams": 0},
    ]  # fmt: skip
    for options in wrong:
        with pytest.raises(UsageError):
            small(uneven, **options)

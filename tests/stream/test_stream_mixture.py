"""Mixtures: several outputs in exact shares."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shards.packing import forget_contract
from stream.streaming import NO_TORCH, SAMPLES, keys, small

from vwd.errors import UsageError
from vwd.stream.mixture import Mixture, integer_shares

pytest_plugins = ["stream.uneven"]


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        ((1, 4), (1, 4)),
        ((0.2, 0.8), (1, 4)),
        ((50, 50), (1, 1)),
        (("1/3", "2/3"), (1, 2)),
        ((0.1, 0.25), (2, 5)),
        ((7,), (1,)),
    ],
)
def test_weights_become_integer_shares(weights: tuple[Any, ...], shares: tuple[int, ...]) -> None:
    assert integer_shares(weights) == shares


@pytest.mark.parametrize(
    "weights", [(0, 1), (-1, 2), ("many",), (), (1, 0.000001), (float("nan"), 1), (float("inf"), 1)]
)
def test_invalid_weights_are_refused(weights: tuple[Any, ...]) -> None:
    with pytest.raises(UsageError, match="weights"):
        integer_shares(weights)


@given(shares=st.lists(st.integers(1, 9), min_size=1, max_size=5), seed=st.integers(0, 2**40), first=st.integers(0, 99))
def test_every_period_has_the_exact_shares_and_skips_no_sample(shares: list[int], seed: int, first: int) -> None:
    mixture = Mixture(shares, seed)
    taken = [mixture.at(index) for index in range(3 * mixture.period)]
    for start in range(0, len(taken), mixture.period):
        counted = Counter(owner for owner, _ in taken[start : start + mixture.period])
        assert [counted[owner] for owner in range(len(shares))] == shares
    for owner in range(len(shares)):
        assert [number for one, number in taken if one == owner] == list(range(3 * shares[owner]))
    assert Mixture(shares, seed).at(first) == (taken + [mixture.at(i) for i in range(len(taken), 100)])[first]


@pytest.fixture
def two(uneven: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Two outputs for a mixture."""
    pytest.importorskip("torch", reason=NO_TORCH)
    folder = tmp_path / "lamps"
    shutil.copytree(uneven, folder)
    for path in sorted(folder.rglob("gsm8k-*")):
        path.rename(path.with_name(path.name.replace("gsm8k-", "lamps-")))
    contract = json.loads((folder / "pack.json").read_bytes())
    (folder / "pack.json").write_text(json.dumps({**contract, "dataset": "lamps"}))
    forget_contract(folder)
    return uneven, folder


def mix(
    two: tuple[Path, Path], weights: tuple[float, float] = (1, 4), source: str = "storyboard", **options: Any
) -> Any:
    from vwd.stream import ShardDataset

    return ShardDataset.mix(dict(zip(two, weights, strict=True)), frames=1, source=source, channels=1, **options)


def sources(data: Any, epoch: int) -> list[int]:
    data.set_epoch(epoch)
    return [data._request_at(position).source for position in range(data.samples)]


def test_an_epoch_of_a_mixture_has_exact_shares(two: tuple[Path, Path]) -> None:
    data = mix(two)
    assert data.samples == 2 * SAMPLES // 5 * 5 == 45
    for epoch in range(4):
        assert Counter(sources(data, epoch)) == {0: 9, 1: 36}


def test_over_time_every_sample_of_an_output_appears_equally_often(two: tuple[Path, Path]) -> None:
    data = mix(two)
    seen = Counter[tuple[int, int, int]]()
    for epoch in range(23):
        data.set_epoch(epoch)
        refs = [data._request_at(position) for position in range(data.samples)]
        seen.update((ref.source, ref.location.shard, ref.location.sample) for ref in refs)
    assert {count for (source, *_), count in seen.items() if source == 0} == {9}
    assert {count for (source, *_), count in seen.items() if source == 1} == {36}


def test_a_mixture_resumes_on_another_number_of_ranks(two: tuple[Path, Path]) -> None:
    from vwd.stream import ShardLoader

    undisturbed = keys(ShardLoader(mix(two), 5))
    interrupted = [ShardLoader(mix(two, rank=rank, world_size=5), 1) for rank in range(5)]
    for one in interrupted:
        received = iter(one)
        for _ in range(4):
            next(received)
    resumed = ShardLoader(mix(two), 5, 2)
    resumed.load_state_dict(json.loads(json.dumps(interrupted[3].state_dict())))
    assert keys(resumed) == undisturbed[20:]


@pytest.mark.parametrize("shuffle", [0, 8, 4096])
def test_a_mixture_read_as_streams_has_the_same_order(two: tuple[Path, Path], shuffle: int) -> None:
    from vwd.stream import ShardLoader

    assert keys(ShardLoader(mix(two, reading="stream", shuffle=shuffle), 4)) == keys(
        ShardLoader(mix(two, shuffle=shuffle), 4)
    )


def test_a_mixture_drawn_on_the_device_has_the_frames_of_its_storyboards(two: tuple[Path, Path]) -> None:
    from vwd.stream import ShardLoader

    drawn, read = ShardLoader(mix(two, source="device"), 4), ShardLoader(mix(two), 4)
    for pages, frames in zip(drawn, read, strict=True):
        assert pages["key"] == frames["key"]
        assert pages["pages"].render("cpu").equal(frames["video"])


def test_the_state_of_other_weights_is_refused(two: tuple[Path, Path]) -> None:
    from vwd.errors import ContractError
    from vwd.stream import ShardLoader

    state = ShardLoader(mix(two), 4).state_dict()
    with pytest.raises(ContractError):
        ShardLoader(mix(two, (1, 3)), 4).load_state_dict(state)
    assert small(two[0]).samples == SAMPLES

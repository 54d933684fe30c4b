"""Training and validation samples never mix: not over epochs, shards, ranks, outputs or ways to read them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shards.packing import gsm8k, vwd, write_lamps
from stream.streaming import NO_TORCH, SAMPLES, keys, small

from vwd.errors import ContractError, ShardError, UsageError
from vwd.stream import ShardDataset, ShardLoader
from vwd.stream.split import for_validation

torch = pytest.importorskip("torch", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")

FRACTION = 0.4


def read(address: Path | str, split: str | None, epoch: int = 0, workers: int = 0, **options: Any) -> list[str]:
    data = small(address, split=split, **({"val_fraction": FRACTION} if split else {}), **options)
    data.set_epoch(epoch)
    return keys(torch.utils.data.DataLoader(data, batch_size=3, num_workers=workers))


@pytest.mark.parametrize("shuffle", [{}, {"shuffle": 0}, {"shuffle": 4, "streams": 4}])
def test_the_parts_are_disjoint_complete_and_the_same_in_every_epoch(uneven: Path, shuffle: dict[str, Any]) -> None:
    train, val = read(uneven, "train", **shuffle), read(uneven, "val", **shuffle)
    assert len(train) + len(val) == SAMPLES
    assert sorted(train + val) == sorted(read(uneven, None, **shuffle))
    assert 2 < len(val) < len(train)
    for epoch in (1, 2):
        assert sorted(read(uneven, "val", epoch, **shuffle)) == sorted(val)
        assert sorted(read(uneven, "train", epoch, seed=7)) == sorted(train)
    assert read(uneven, "train", 1) != read(uneven, "train", 2)


def test_every_way_of_reading_gives_the_same_part_in_the_same_order(uneven: Path, tmp_path: Path) -> None:
    shutil.copytree(uneven, tmp_path / "gsm8k", ignore=shutil.ignore_patterns("ledger", "*.json"))
    for split in ("train", "val"):
        by_offset = read(uneven, split, shuffle=8, streams=4)
        assert read(uneven, split, workers=2, shuffle=8, streams=4) == by_offset
        assert read(uneven, split, reading="stream", shuffle=8, streams=4) == by_offset
        assert read(uneven, split, workers=3, reading="stream", shuffle=8, streams=4) == by_offset
        assert read(tmp_path / "gsm8k", split, shuffle=8, streams=4) == by_offset


def test_shards_that_are_added_move_no_sample(uneven: Path) -> None:
    first, every = f"{uneven}/gsm8k-{{000000..000002}}.tar", set(read(uneven, "val"))
    of_first = set(read(first, None))
    assert set(read(first, "val")) == every & of_first
    assert set(read(first, "train")) == of_first - every


@pytest.fixture
def shuffled(tmp_path: Path) -> Path:
    """25 rows, shuffled in packing, three of which have no sample."""
    rows = [json.loads(line) for line in write_lamps(tmp_path, 25).read_text().splitlines()]
    for number in (3, 11, 12):
        rows[number]["answer"] = " "
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    vwd(tmp_path, *gsm8k("--shuffle-seed", 5))
    return tmp_path / "shards" / "gsm8k"


def test_rows_that_were_shuffled_and_skipped_in_packing_are_in_the_part_of_their_own_number(shuffled: Path) -> None:
    chosen = np.flatnonzero(for_validation("gsm8k", np.arange(25), FRACTION)).tolist()
    expected = {f"gsm8k_{row:06d}" for row in chosen} - {"gsm8k_000003", "gsm8k_000011", "gsm8k_000012"}
    assert set(read(shuffled, "val")) == expected
    assert len(read(shuffled, "train")) == 22 - len(expected)


def test_a_ledger_entry_that_skips_a_row_of_another_shard_is_refused(shuffled: Path) -> None:
    path = next(path for path in sorted(shuffled.glob("ledger/*.json")) if json.loads(path.read_bytes())["skips"])
    entry = json.loads(path.read_bytes())
    others = set(range(25)) - {sample["index"] for sample in small(f"{shuffled}/{path.stem}.tar")} - {3, 11, 12}
    for skips in entry["skips"].values():
        skips[0]["index"] = min(others)
    path.write_text(json.dumps(entry))
    with pytest.raises(ShardError, match=f"{path.name}: its rows without the skipped ones are"):
        small(shuffled, split="train")


def test_no_tar_is_opened_to_split_an_output_with_a_ledger(uneven: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vwd.stream import source, split

    def refuse(*_: Any) -> None:
        raise AssertionError("a tar was opened")

    monkeypatch.setattr(split, "open_shard", refuse)
    monkeypatch.setattr(source, "open_shard", refuse)
    assert small(uneven, split="train").samples + small(uneven, split="val").samples == SAMPLES


def test_a_larger_fraction_keeps_the_samples_of_a_smaller_one() -> None:
    rows = np.arange(20_000)
    parts = [for_validation("gsm8k", rows, fraction) for fraction in (0.01, 0.05, 0.3)]
    for fraction, part in zip((0.01, 0.05, 0.3), parts, strict=True):
        assert abs(part.mean() - fraction) < 5 * (fraction / len(rows)) ** 0.5
    assert not (parts[0] & ~parts[1]).any()
    assert not (parts[1] & ~parts[2]).any()
    assert (for_validation("tinystories", rows, 0.3) & parts[2]).mean() == pytest.approx(0.09, abs=0.01)


@given(st.lists(st.integers(0, 2**62), min_size=1, max_size=20), st.floats(1e-9, 1 - 1e-9))
def test_a_sample_s_part_depends_on_no_other_sample(rows: list[int], fraction: float) -> None:
    together = for_validation("own", np.array(rows), fraction)
    assert [bool(for_validation("own", np.array([row]), fraction)[0]) for row in rows] == together.tolist()


def test_the_split_is_the_same_on_every_machine() -> None:
    assert np.flatnonzero(for_validation("gsm8k", np.arange(100), 0.05)).tolist() == [6, 31]


def test_ranks_share_a_part_and_a_mixture_splits_each_of_its_outputs(uneven: Path, tmp_path: Path) -> None:
    ranks = [read(uneven, "train", rank=rank, world_size=2, remainder="drop") for rank in range(2)]
    assert not set(ranks[0]) & set(ranks[1])
    assert set(ranks[0]) | set(ranks[1]) <= set(read(uneven, "train"))

    shutil.copytree(uneven, tmp_path / "gsm8k")
    weights: dict[Path | str, float | str] = {uneven: 1, tmp_path / "gsm8k": 2}
    options: dict[str, Any] = {"frames": 1, "source": "storyboard", "channels": 1, "val_fraction": FRACTION}
    seen: dict[str, set[str]] = {}
    for split in ("train", "val"):
        data = ShardDataset.mix(weights, split=split, **options)
        seen[split] = set()
        for epoch in range(4):
            data.set_epoch(epoch)
            seen[split] |= {sample["key"] for sample in data}
    assert seen == {split: set(read(uneven, split)) for split in ("train", "val")}


def test_a_state_of_one_part_is_not_loaded_into_another_and_those_without_parts_stay_valid(uneven: Path) -> None:
    state = ShardLoader(small(uneven, split="train"), 4).state_dict()
    for other in ({"split": "val", "val_fraction": 0.5}, {"split": "train", "val_fraction": 0.5}, {}):
        with pytest.raises(ContractError, match="another order"):
            ShardLoader(small(uneven, **other), 4).load_state_dict(state)
    ShardLoader(small(uneven, split="train"), 4).load_state_dict(state)
    assert small(uneven).order_id == small(uneven, split=None).order_id != small(uneven, split="train").order_id


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"split": "test"}, "split='test'"),
        ({"split": "val", "val_fraction": 1e-9}, "gsm8k has none of its 23 samples in it"),
        ({"split": "train", "val_fraction": 1 - 1e-9}, "gsm8k has none of its 23 samples in it"),
        ({"val_fraction": 0.1}, "without a split"),
        *(
            ({"split": "val", "val_fraction": wrong}, "val_fraction=")
            for wrong in (0, 1, -0.5, True, "0.1", float("nan"))
        ),
    ],
)
def test_what_is_no_split_is_refused(uneven: Path, options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says) as refused:
        small(uneven, **options)
    assert len(str(refused.value).splitlines()) == 2


def test_it_prints_its_part(uneven: Path) -> None:
    assert "split='val'" in repr(small(uneven, split="val", val_fraction=0.5))

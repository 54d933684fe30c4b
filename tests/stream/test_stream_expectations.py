"""What a torch user expects of a dataset holds, or is refused with what to do instead."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from stream.streaming import NO_TORCH, SAMPLES, keys, small

from vwd.errors import UsageError

torch = pytest.importorskip("torch", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]

# The loader says it, or a worker that is still reading; torch raises a worker's error as a RuntimeError.
REFUSED = (UsageError, RuntimeError)


def test_a_loop_over_the_dataset_ends_after_its_samples(uneven: Path) -> None:
    data = small(uneven)
    looped = [sample["key"] for sample in data]
    assert len(set(looped)) == SAMPLES == len(looped)
    assert looped == keys(torch.utils.data.DataLoader(data, batch_size=4))
    assert data[-1]["key"] == looped[-1]


@pytest.mark.parametrize("index", [SAMPLES, -SAMPLES - 1, 1000])
def test_an_index_beyond_the_end_is_an_index_error(uneven: Path, index: int) -> None:
    with pytest.raises(IndexError, match=f"of {SAMPLES}"):
        small(uneven)[index]


@pytest.mark.parametrize("index", [slice(3), "0", None, 1.0])
def test_what_is_no_index_is_a_type_error(uneven: Path, index: Any) -> None:
    with pytest.raises(TypeError, match="indexed by one number"):
        small(uneven)[index]


def test_it_prints_what_it_is(uneven: Path) -> None:
    text = repr(small(uneven, rank=1, world_size=2))
    for part in ("gsm8k", f"{SAMPLES} samples", "epoch 0", "rank 1 of 2", "source='storyboard'"):
        assert part in text


def test_a_loader_that_shuffles_is_refused(uneven: Path) -> None:
    with pytest.raises(UsageError, match="a sampler, shuffle=True or a Subset") as refused:
        list(torch.utils.data.DataLoader(small(uneven), batch_size=8, shuffle=True))
    assert "without sampler or shuffle" in refused.value.hint


@pytest.mark.parametrize("frames", [25, "first:25", 500])
def test_more_frames_than_a_video_has_are_refused(uneven: Path, frames: Any) -> None:
    with pytest.raises(UsageError, match="of videos of 24"):
        small(uneven, frames=frames)


def test_a_size_with_the_width_first_is_warned_of_and_a_text_is_read_as_on_the_command_line(uneven: Path) -> None:
    with pytest.warns(UserWarning, match=r"size=\(80, 60\) is height before width: gsm8k is 160x120"):
        small(uneven, size=(80, 60))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert small(uneven, size="80x60")[0]["video"].shape[-2:] == (60, 80)
        assert small(uneven, size=(60, 60))[0]["video"].shape[-2:] == (60, 60)


@pytest.mark.parametrize("size", ["80 x 60", "80", (0, 10), (10,), 3.0, ("a", "b")])
def test_other_sizes_are_refused(uneven: Path, size: Any) -> None:
    with pytest.raises(UsageError, match="size="):
        small(uneven, size=size)


@pytest.mark.parametrize("workers", [0, 2])
def test_another_epoch_under_a_live_iterator_is_refused(uneven: Path, workers: int) -> None:
    from vwd.stream import ShardLoader

    loader = ShardLoader(small(uneven), 4, workers)
    batches = iter(loader)
    next(batches)
    loader.data.set_epoch(1)
    with pytest.raises(REFUSED, match="from epoch 0 to 1 while"):
        list(batches)
    assert len(keys(loader)) == SAMPLES

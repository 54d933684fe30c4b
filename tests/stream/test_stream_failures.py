"""Videos that are found to be broken in the middle of training."""

from __future__ import annotations

import logging
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from stream.streaming import NO_TORCH, SAMPLES, keys, small

from vwd.errors import DecodeError, ShardError
from vwd.stream.decode import decode

torch = pytest.importorskip("torch", reason=NO_TORCH)
pytest.importorskip("av", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]


@pytest.fixture
def broken(uneven: Path, tmp_path: Path) -> Path:
    """`uneven` with three videos overwritten: two in shard 2, and the only one of shard 1."""
    folder = shutil.copytree(uneven, tmp_path / "gsm8k")
    for shard, samples in ((1, [0]), (2, [3, 4])):
        tar = folder / f"gsm8k-{shard:06d}.tar"
        data = bytearray(tar.read_bytes())
        for key in (f"gsm8k_{8 * shard + sample:06d}.mp4" for sample in samples):
            start = data.index(key.encode()) + 512
            data[start : start + 200] = b"\xff" * 200
        tar.write_bytes(data)
    return folder


BROKEN = {"gsm8k_000008", "gsm8k_000019", "gsm8k_000020"}


def read(folder: Path, workers: int, on_error: str, **options: object) -> tuple[list[int], list[str], int]:
    data = small(folder, source="video", frames="first:2", on_error=on_error, **options)
    batches = list(torch.utils.data.DataLoader(data, batch_size=2, num_workers=workers))
    return [len(batch["key"]) for batch in batches], keys(batches), data.failures


def test_a_broken_video_is_an_error_that_names_it(broken: Path) -> None:
    with pytest.raises(ShardError, match=r"gsm8k-00000[12]\.tar, sample \d: the video cannot be decoded"):
        read(broken, 0, "raise")


@pytest.mark.parametrize("workers", [0, 2])
def test_a_broken_video_can_be_skipped_and_is_counted(broken: Path, workers: int) -> None:
    sizes, seen, failures = read(broken, workers, "skip", shuffle=0)
    assert len(sizes) == -(-SAMPLES // 2)
    assert sizes.count(1) == 1 + 3  # the last batch, and those of three broken videos
    assert len(seen) == SAMPLES - len(BROKEN)
    assert not BROKEN & set(seen)
    assert failures == 3


@pytest.mark.parametrize("workers", [0, 2])
def test_a_broken_video_can_be_replaced_by_the_next_one(
    broken: Path, workers: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        sizes, seen, failures = read(broken, workers, "replace", shuffle=0)
    assert sizes == [2] * (SAMPLES // 2) + [1] * (SAMPLES % 2)
    assert not BROKEN & set(seen)
    assert seen[7] == seen[8]
    assert failures == 4  # the replacement of the first of two neighbours is the second, which is counted again


def test_a_batch_of_only_broken_videos_is_replaced(broken: Path) -> None:
    data = small(broken, source="video", frames="first:2", on_error="skip", shuffle=0)
    batches = list(torch.utils.data.DataLoader(data, batch_size=1))
    assert len(batches) == SAMPLES
    assert not BROKEN & set(keys(batches))


def test_an_output_of_only_broken_videos_is_an_error(broken: Path) -> None:
    for tar in broken.glob("*.tar"):
        size = tar.stat().st_size
        tar.write_bytes(bytes(size - 1) + b"1")
    for on_error in ("skip", "replace"):
        with pytest.raises(ShardError):
            read(broken, 0, on_error)


def test_a_video_truncated_anywhere_is_an_error_and_damage_never_crashes_the_decoder(uneven: Path) -> None:
    data = small(uneven, source="video", shuffle=0)
    video = data._readers.read(0, data._request_at(0).location, ["mp4"])["mp4"]
    every = np.arange(24)
    intact, decoded = np.empty((2, 24, 120, 160), np.uint8)
    decode(video, every, intact)
    for cut in range(0, len(video), len(video) // 40):
        with pytest.raises(DecodeError):
            decode(video[:cut], every, decoded)
    for start in range(0, len(video), len(video) // 40):
        damaged = video[:start] + bytes(32) + video[start + 32 :]
        with suppress(DecodeError):
            decode(damaged, every, decoded)
    decode(video, every, decoded)
    assert np.array_equal(decoded, intact)

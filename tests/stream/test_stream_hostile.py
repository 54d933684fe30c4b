"""Storyboards and prompts that claim what is not so: broken samples, in little memory, which can be skipped."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shards.damage import rebuild
from shards.packing import copy_pack
from stream.streaming import NO_TORCH

from vwd.errors import ShardError, UsageError
from vwd.stream import ShardDataset, ShardLoader, open_shards
from vwd.stream.form import Pixels
from vwd.stream.readers import Reading
from vwd.video import bitmaps

torch = pytest.importorskip("torch", reason=NO_TORCH)
pytest.importorskip("av", reason=NO_TORCH)

pytest_plugins = ["shards.packed"]

DAMAGED = "gsm8k_000007"


@pytest.fixture
def folder(three_shards: Path, tmp_path: Path) -> Path:
    return copy_pack(three_shards, tmp_path)


def edit(folder: Path, ending: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes a JSON member of one sample, and the ledger with it."""

    def edited(name: str, data: bytes) -> bytes:
        if name != f"{DAMAGED}.{ending}":
            return data
        values = json.loads(data)
        change(values)
        return json.dumps(values).encode()

    rebuild(folder, 1, edited)


def assert_skipped(folder: Path, says: str, **options: Any) -> None:
    """Asserts that one of the 18 samples is broken, for every way to read them, and that it is skipped."""
    sources: tuple[Pixels, ...] = ("video", "storyboard", "device")
    readings: tuple[Reading, ...] = ("offset", "stream")
    for source in sources:
        for reading in readings:
            data = ShardDataset(folder, source=source, on_error="skip", reading=reading, **options)
            keys = [key for batch in ShardLoader(data, batch_size=6) for key in batch["key"]]
            assert len(keys) == 17
            assert DAMAGED not in keys
            assert data.failures == 1
    for drawn in (False, True):
        with pytest.raises(ShardError, match=says):
            list(open_shards(folder, source="storyboard" if drawn else "video"))


@pytest.mark.parametrize("prompt", [7, None, ["a"], {"a": 1}, "\ud800"])
def test_a_prompt_that_is_no_text_is_a_broken_sample(folder: Path, prompt: object) -> None:
    edit(folder, "inference.json", lambda values: values.update(prompt=prompt))
    assert_skipped(folder, r"sample 1: inference\.json has no prompt, or one that is not text")


@pytest.mark.parametrize("claims", [{"width": 8190, "height": 8190}, {"frames": 65_535}, {"frames": 59}])
def test_a_storyboard_of_another_video_than_the_contract_s_is_a_broken_sample(
    folder: Path, claims: dict[str, int]
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    edit(folder, "storyboard.json", lambda values: values.update(claims))
    assert_skipped(folder, r"sample 1: storyboard\.json has .* frames, the contract 160x120 and 60")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + 300_000


def test_a_word_that_does_not_fill_its_box_is_a_broken_sample_where_it_is_drawn(folder: Path) -> None:
    edit(folder, "storyboard.json", lambda values: values["words"][2].update(text="a" * 1_000_000))
    with pytest.raises(ShardError, match=r"sample 1: storyboard\.json has a word of 1,000,000 characters"):
        list(open_shards(folder, source="storyboard"))


@pytest.mark.parametrize("text", ["", "x", "好" * 40])
def test_a_word_of_another_width_is_a_broken_sample(folder: Path, text: str) -> None:
    edit(folder, "storyboard.json", lambda values: values["words"][2].update(text=text))
    for source in ("storyboard", "device"):
        data = ShardDataset(folder, source=source, on_error="skip", frames="all")
        assert DAMAGED not in [key for batch in ShardLoader(data, batch_size=6) for key in batch["key"]]
        assert data.failures == 1


def test_without_a_contract_more_frames_than_fit_into_memory_are_a_broken_sample(folder: Path) -> None:
    huge = {"width": 8190, "height": 8190, "frames": 65_535}
    edit(folder, "storyboard.json", lambda values: values.update(huge))
    shutil.rmtree(folder / "ledger")
    (folder / "pack.json").unlink()
    with pytest.raises(ShardError, match=r"65,535 frames of 8190x8190 are more than 1,000,000,000 bytes"):
        list(open_shards(folder, source="storyboard"))
    assert len(list(open_shards(folder, source="storyboard", size=(8, 8), frames="first:2"))) == 18


def test_videos_of_different_sizes_in_a_batch_ask_for_a_size(folder: Path) -> None:
    edit(folder, "storyboard.json", lambda values: values.update(width=162))
    shutil.rmtree(folder / "ledger")
    (folder / "pack.json").unlink()
    data = ShardDataset(folder, source="storyboard", frames=2)
    with pytest.raises(UsageError, match="videos of different sizes in one batch"):
        list(ShardLoader(data, batch_size=18))


def test_bitmaps_of_words_are_kept_up_to_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bitmaps, "KEPT_BITMAP_BYTES", 100_000)
    coverage = bitmaps._KeptBitmaps()
    made = [coverage(f"word {number}", 28, "en") for number in range(100)]
    assert sum(one.nbytes for one in made) > 200_000
    assert sum(one.nbytes for one in coverage._kept.values()) <= 100_000
    assert coverage("word 99", 28, "en") is made[-1]

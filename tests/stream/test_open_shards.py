"""`open_shards` reads an output sample by sample on a minimal installation: without torch and without PyAV."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import environment
from shards.packing import read_entry

from vwd.errors import OutputError, ShardError, UsageError
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.stream import open_shards
from vwd.video.frames import grey_frames

pytest_plugins = ["shards.packed"]

# Of 255: the rounding of the conversion to grey, and the loss of the encoder.
CLOSE = 12


@pytest.fixture
def folder(three_shards: Path) -> Path:
    return three_shards / "shards" / "gsm8k"


def test_every_sample_appears_once_in_the_order_of_the_shards(folder: Path) -> None:
    keys = [sample["key"] for sample in open_shards(folder, frames=1)]
    assert keys == [f"gsm8k_{row:06d}" for row in range(18)]


def test_a_sample_has_its_texts_and_numpy_frames(folder: Path) -> None:
    sample = next(open_shards(folder, task="rendering"))
    assert sample["prompt"] == f"Question: {sample['question']} Answer: {sample['answer']}"
    assert (sample["index"], sample["dataset"], sample["final_answer"]) == (0, "gsm8k", "6")
    assert sample["video"].shape == (sample["length"], 120, 160) == (60, 120, 160)
    assert sample["video"].dtype == np.uint8


def test_frames_drawn_from_the_storyboard_and_decoded_frames_are_nearly_the_same(folder: Path) -> None:
    drawn = next(open_shards(folder, source="storyboard"))["video"]
    decoded = next(open_shards(folder))["video"]
    record = StoryboardRecord.from_json(json.loads(member(folder, "gsm8k_000000.storyboard.json")))
    assert np.array_equal(drawn, grey_frames(record.storyboard))
    assert np.abs(drawn.astype(int) - decoded)[drawn == 0].max() <= CLOSE


def test_without_torch_and_pyav_opencv_decodes_the_same_except_for_rounding(folder: Path, tmp_path: Path) -> None:
    program = f"""
import sys
for name in ("torch", "av"):
    sys.modules[name] = None
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "av" else found(name, *more)
import numpy
from vwd.stream import open_shards
samples = list(open_shards({str(folder)!r}, frames="stride:7", size=(60, 80)))
numpy.save({str(tmp_path / "videos.npy")!r}, numpy.stack([sample["video"] for sample in samples]))
"""
    subprocess.run(
        [sys.executable, "-c", program], env=environment(PYTHONPATH=":".join(sys.path)), check=True, timeout=600
    )
    videos = np.load(tmp_path / "videos.npy").astype(int)
    expected = np.stack([sample["video"] for sample in open_shards(folder, frames="stride:7", size=(60, 80))])
    assert videos.shape == (18, 9, 60, 80)
    assert np.abs(videos - expected).max() <= 1


def test_shards_can_be_named_with_braces(folder: Path) -> None:
    keys = [sample["key"] for sample in open_shards(f"{folder}/gsm8k-{{000001..000002}}.tar", frames=1)]
    assert keys == [f"gsm8k_{row:06d}" for row in range(6, 18)]


def test_a_truncated_shard_is_an_error_and_not_a_shorter_stream(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "gsm8k"
    (copy / "ledger").mkdir(parents=True)
    for path in (folder / "pack.json", folder / "ledger" / "gsm8k-000000.json"):
        (copy / path.relative_to(folder)).write_bytes(path.read_bytes())
    tar = bytearray((folder / "gsm8k-000000.tar").read_bytes())
    half = len(tar) // 2
    tar[half : len(tar) - 3 * 10_240] = bytes(len(tar) - half - 3 * 10_240)
    (copy / "gsm8k-000000.tar").write_bytes(tar)
    assert read_entry(copy, 0)["samples"] == 6
    with pytest.raises(ShardError):
        list(open_shards(copy, frames=1))


def test_an_output_that_cannot_be_opened_and_an_unknown_task_are_refused_immediately(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(OutputError):
        open_shards(tmp_path)
    with pytest.raises(UsageError, match="task="):
        open_shards(folder, task="both")  # type: ignore[arg-type]


def member(folder: Path, name: str) -> bytes:
    import tarfile

    with tarfile.open(folder / "gsm8k-000000.tar") as tar:
        file = tar.extractfile(name)
        assert file
        return file.read()

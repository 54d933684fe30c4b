"""Clips that `vwd pack-videos` has packed are read beside text videos: their colours, captions, sizes and lengths."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from conftest import Run
from meta.videos import picture, write_video
from storage.store import Proxy, Server
from storage.store import _environment as store_environment
from stream.streaming import NO_TORCH

from vwd.errors import OutputError, ShardError, UsageError
from vwd.stream import ShardDataset, ShardLoader, open_shards

torch = pytest.importorskip("torch", reason=NO_TORCH)
DataLoader = torch.utils.data.DataLoader

pytest_plugins = ["shards.packed"]

# Name, size, and frames. The fourth has the sides' proportion of 160x90 to 1 %, the fifth is too short for 30 frames,
# the last stands upright.
CLIPS = (
    ("a.mp4", (160, 90), 40), ("b.mkv", (320, 180), 60), ("c.mov", (160, 90), 33), ("d.avi", (162, 90), 36),
    ("e.mp4", (160, 90), 20), ("f.mp4", (160, 120), 50), ("g.mp4", (90, 160), 40),
)  # fmt: skip
# Of 255: what H.264 and half the resolution of colours change.
CLOSE = 6


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the clips, and their table."""
    folder = tmp_path_factory.mktemp("clips")
    for number, (name, size, frames) in enumerate(CLIPS):
        write_video(folder / name, [frames] if number else [20, 20], Fraction(25), size)
    with (folder / "clips.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("path", "text"))
        table.writerows((folder / name, f"caption of {name}") for name, *_ in CLIPS)
    return folder


@pytest.fixture
def clips(made: Path, tmp_path: Path, run: Run) -> Path:
    """The output of the clips, in shards of three."""
    run("pack-videos", made / "clips.csv", "--out", tmp_path / "real", "--shard-size", "3", "--num-workers", "1")
    return tmp_path / "real" / "clips"


def by_row(address: Path | str, **options: Any) -> dict[int, dict[str, Any]]:
    return {sample["index"]: sample for sample in ShardDataset(address, **options)}


def close(video: Any, expected: np.ndarray) -> bool:
    """Whether nearly all values are close: edges of colour blur."""
    return float((np.abs(video.numpy().astype(int) - expected) <= CLOSE).mean()) > 0.9


def test_a_clip_has_its_caption_its_colours_and_all_of_its_frames(clips: Path) -> None:
    samples = by_row(clips, layout="thwc")
    assert {row: tuple(sample["video"].shape) for row, sample in samples.items()} == {
        row: (frames, height, width, 3) for row, (_, (width, height), frames) in enumerate(CLIPS)
    }
    first = samples[0]
    assert (first["prompt"], first["key"], first["dataset"]) == ("caption of a.mp4", "clips_000000", "clips")
    assert (first["length"], first["question"], first["answer"]) == (40, "", "")
    assert close(first["video"][7], picture(0, 7, (160, 90)))
    assert close(first["video"][33], picture(1, 33, (160, 90)))  # another colour
    assert not close(first["video"][33], picture(1, 33, (160, 90))[..., ::-1])


@pytest.mark.parametrize("layout", ["tchw", "cthw"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_every_layout_and_dtype_has_the_same_values(clips: Path, layout: str, dtype: str) -> None:
    plain = by_row(clips, layout="thwc", frames=5)
    axes = {"tchw": (0, 3, 1, 2), "cthw": (3, 0, 1, 2)}[layout]
    for row, sample in by_row(clips, layout=layout, dtype=dtype, frames=5).items():
        expected = plain[row]["video"].permute(axes)
        if dtype == "float32":
            expected = expected.float() / 127.5 - 1
        assert sample["video"].dtype == getattr(torch, dtype)
        assert torch.allclose(sample["video"], expected)


def test_one_channel_is_the_luma_at_full_range(clips: Path, made: Path) -> None:
    with av.open(str(made / "a.mp4")) as container:
        frame = next(container.decode(video=0))
        plane = frame.planes[0]
        luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:90, :160].astype(float)
    video = by_row(clips, channels=1)[0]["video"]
    assert video.shape == (40, 1, 90, 160)
    assert np.abs(video[0, 0].numpy() - ((luma - 16) * 255 / 219).clip(0, 255)).max() <= 1


@pytest.mark.parametrize(
    ("frames", "numbers"),
    [(3, [0, 20, 39]), ("first:4", [0, 1, 2, 3]), ("stride:15", [0, 15, 30]), ("all", list(range(40)))],
)
def test_frames_are_chosen_as_of_text_videos(clips: Path, frames: int | str, numbers: list[int]) -> None:
    whole = by_row(clips)[0]["video"]
    chosen = by_row(clips, frames=frames)[0]
    assert chosen["length"] == len(numbers)
    assert torch.equal(chosen["video"], whole[numbers])


def test_clips_of_one_size_make_batches_that_workers_can_hand_over(clips: Path) -> None:
    data = ShardDataset(clips, size="64x36", frames="first:16")
    batches = list(DataLoader(data, batch_size=4, num_workers=2))
    assert [tuple(batch["video"].shape) for batch in batches] == [(4, 16, 3, 36, 64), (3, 16, 3, 36, 64)]
    alone = by_row(clips, size="64x36", frames="first:16")
    for batch in batches:
        for row, video in zip(batch["index"].tolist(), batch["video"], strict=True):
            assert torch.equal(video, alone[row]["video"])
    assert sorted(row for batch in batches for row in batch["index"].tolist()) == list(range(7))


def test_the_same_samples_are_read_forwards(clips: Path) -> None:
    options: dict[str, Any] = {"frames": "first:2", "check": True}
    offset, stream = (list(ShardDataset(clips, reading=reading, **options)) for reading in ("offset", "stream"))
    assert [one["key"] for one in offset] == [one["key"] for one in stream]
    assert all(torch.equal(a["video"], b["video"]) for a, b in zip(offset, stream, strict=True))


def test_a_shuffled_output_keeps_each_captions_row(made: Path, tmp_path: Path, run: Run) -> None:
    run("pack-videos", made / "clips.csv", "--out", tmp_path, "--shuffle-seed", "5", "--shard-size", "4")
    samples = list(ShardDataset(tmp_path / "clips", frames=1, shuffle=0))
    assert [one["index"] for one in samples] != list(range(7))
    assert all(one["prompt"] == f"caption of {CLIPS[one['index']][0]}" for one in samples)
    assert {one["key"] for one in samples} == {f"clips_{row:06d}" for row in range(7)}


def test_a_bucket_delivers_clips_that_are_large_and_long_enough_and_of_its_proportion(clips: Path) -> None:
    data = ShardDataset(clips, bucket="160x90x30")
    batch = next(iter(ShardLoader(data, batch_size=4)))
    assert sorted(batch["index"].tolist()) == [0, 1, 2, 3]
    assert tuple(batch["video"].shape) == (4, 30, 3, 90, 160)
    assert batch["length"].tolist() == [30] * 4
    at = batch["index"].tolist().index(0)
    assert torch.equal(batch["video"][at], by_row(clips)[0]["video"][:30])  # the first frames, unscaled
    evenly = by_row(clips, bucket="160x90x30", frames=30)[0]["video"]
    assert torch.equal(evenly[[0, 29]], by_row(clips)[0]["video"][[0, 39]])
    assert set(by_row(clips, bucket="90x160x30")) == {6}


def test_a_bucket_is_split_and_belongs_to_a_loaders_state(clips: Path) -> None:
    parts = [set(by_row(clips, bucket="160x90x30", split=part, val_fraction=0.5)) for part in ("train", "val")]
    assert parts[0] | parts[1] == {0, 1, 2, 3}
    assert not parts[0] & parts[1]
    assert ShardDataset(clips, bucket="160x90x30").order_id != ShardDataset(clips, bucket="160x90x20").order_id


def test_clips_and_text_videos_mix_by_weight_in_batches_of_one_shape(clips: Path, three_shards: Path) -> None:
    text = three_shards / "shards" / "gsm8k"
    for workers in (0, 2):
        data = ShardDataset.mix({clips: 1, text: 3}, size="64x48", frames="first:8")
        batches = list(DataLoader(data, batch_size=4, num_workers=workers))
        assert {tuple(batch["video"].shape) for batch in batches} == {(4, 8, 3, 48, 64)}
        assert [Counter(batch["dataset"]) for batch in batches] == [Counter(clips=1, gsm8k=3)] * len(batches)
        alone = {key: s for one in (clips, text) for s in ShardDataset(one, size="64x48", frames="first:8")
                 for key in [s["key"]]}  # fmt: skip
        for batch in batches:
            for key, prompt, video in zip(batch["key"], batch["prompt"], batch["video"], strict=True):
                assert torch.equal(video, alone[key]["video"])
                assert prompt == alone[key]["prompt"]


def test_a_bucket_holds_of_a_mixture_what_fits_and_refuses_text_that_does_not(clips: Path, three_shards: Path) -> None:
    text = three_shards / "shards" / "gsm8k"  # 160x120, 60 frames
    data = ShardDataset.mix({clips: 1, text: 1}, bucket="80x60x20")
    assert {sample["index"] for sample in data if sample["dataset"] == "clips"} == {5}
    with pytest.raises(UsageError, match="the videos of gsm8k are 160x120x60"):
        ShardDataset.mix({clips: 1, text: 1}, bucket="160x90x20")


def test_clips_of_several_sizes_without_a_size_are_refused_with_the_remedy(clips: Path) -> None:
    with pytest.raises(UsageError, match="different sizes") as caught:
        list(DataLoader(ShardDataset(clips, frames=2), batch_size=7))
    assert caught.value.hint == "Give `size`, or a `bucket`."


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"source": "storyboard"}, "source='storyboard'"),
        ({"source": "device"}, "source='device'"),
        ({"mask": "text"}, "mask='text'"),
        ({"frames": "reveals"}, "frames='reveals'"),
    ],
)
def test_what_needs_a_storyboard_is_refused(clips: Path, options: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=f"{what}: clips holds clips"):
        ShardDataset(clips, **options)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"bucket": "160x90"}, "bucket='160x90'"),
        ({"bucket": "160x90x30", "size": "160x90"}, "size='160x90' with bucket='160x90x30'"),
        ({"bucket": "160x90x30", "frames": 16}, "which has 30"),
        ({"bucket": "1600x900x30"}, "none of the 7 clips"),
    ],
)
def test_a_bucket_that_cannot_be_had_is_refused(clips: Path, options: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        ShardDataset(clips, **options)


def test_a_clip_with_fewer_frames_than_are_wanted_is_a_broken_sample(clips: Path) -> None:
    with pytest.raises(ShardError, match="frames: 30 of a clip of 20"):
        list(ShardDataset(clips, frames=30))
    data = ShardDataset(clips, frames=30, on_error="skip", size="64x36")
    rows = [row for batch in DataLoader(data, batch_size=4) for row in batch["index"].tolist()]
    assert sorted(rows) == [0, 1, 2, 3, 5, 6]
    assert data.failures == 1


def test_a_clip_whose_data_were_overwritten_is_a_broken_sample(clips: Path) -> None:
    tar = clips / "clips-000000.tar"
    data = bytearray(tar.read_bytes())
    start = data.index(b"mdat")
    data[start + 8 : start + 2000] = bytes(1992)
    tar.write_bytes(data)
    for check in (False, True):
        opened = ShardDataset(clips, on_error="skip", check=check, size="64x36", frames="first:16")
        assert sum(len(batch["index"]) for batch in DataLoader(opened, batch_size=4)) == 6
        assert opened.failures == 1


def test_clips_without_a_ledger_and_without_torch_are_refused(clips: Path) -> None:
    with pytest.raises(OutputError, match="holds clips, not text videos"):
        open_shards(clips)
    shutil.rmtree(clips / "ledger")
    with pytest.raises(OutputError, match="has no ledger"):
        ShardDataset(clips)


def test_a_bucket_holds_the_same_of_shards_that_are_read_forwards(clips: Path) -> None:
    on_disk = by_row(clips, bucket="160x90x30")
    piped = by_row(f"pipe:cat '{clips}'/clips-{{000000..000002}}.tar", ledger=clips, bucket="160x90x30")
    assert set(piped) == {0, 1, 2, 3}
    assert all(torch.equal(piped[row]["video"], on_disk[row]["video"]) for row in on_disk)


@pytest.mark.slow
def test_a_bucket_reads_no_videos_of_an_object_store(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    s3fs = pytest.importorskip("s3fs", reason="pip install 'vwd[s3]'")
    server = Server()
    proxy = Proxy(server.port)
    try:
        for name, value in store_environment(proxy.port).items():
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        store = s3fs.S3FileSystem(endpoint_url=f"http://127.0.0.1:{server.port}")
        store.mkdir("bucket")
        store.put(f"{clips}/", "bucket/clips/", recursive=True)
        proxy.heads.clear()
        data = ShardDataset("s3://bucket/clips", bucket="160x90x30")
        asked = [head for head in proxy.heads if head.startswith("GET") and ".tar" in head]
        assert len(asked) == len(CLIPS)  # a part of each
        assert {sample["index"] for sample in data} == {0, 1, 2, 3}
        store.rm("bucket/clips/clips-000001.tar")
        with pytest.raises(OutputError, match="clips-000001 is"):
            ShardDataset("s3://bucket/clips", bucket="160x90x30")
    finally:
        proxy.close()
        server.stop()

"""Which frames are selected, and that their pixels agree with other ways of obtaining them."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import real_rows, write_rows
from shards.packing import lamp_rows, vwd
from stream.streaming import NO_TORCH, small

from vwd.errors import UsageError
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.stream.frame_selection import Frames
from vwd.text.storyboard import Storyboard
from vwd.video.frames import grey_frames

torch = pytest.importorskip("torch", reason=NO_TORCH)
av = pytest.importorskip("av", reason=NO_TORCH)

pytest_plugins = ["stream.uneven"]


def members(folder: Path, key: str) -> dict[str, bytes]:
    """A sample's members by ending, as read by `tarfile`."""
    found = {}
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                name, _, ending = member.name.partition(".")
                if name == key:
                    found[ending] = tar.extractfile(member).read()  # type: ignore[union-attr]
    return found


def storyboard(folder: Path, key: str) -> Storyboard:
    return StoryboardRecord.from_json(json.loads(members(folder, key)["storyboard.json"])).storyboard


def rgb(video: bytes) -> np.ndarray[Any, Any]:
    """uint8 [T, H, W, 3], as a user without this package would decode."""
    with av.open(io.BytesIO(video)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        ("all", list(range(24))),
        (None, list(range(24))),
        (4, [0, 8, 15, 23]),
        ("4", [0, 8, 15, 23]),
        (24, list(range(24))),
        (1, [23]),
        ("first:3", [0, 1, 2]),
        ("first:26", [*range(24), 23, 23]),
        ("stride:10", [0, 10, 20]),
    ],
)
def test_a_selection_of_frames_has_the_expected_numbers(uneven: Path, selection: Any, numbers: list[int]) -> None:
    assert Frames.parse(selection).select(storyboard(uneven, "gsm8k_000000")).tolist() == numbers


def test_reveals_are_the_frames_at_which_a_word_of_the_answer_appears(uneven: Path) -> None:
    board = storyboard(uneven, "gsm8k_000000")
    reveals = Frames.parse("reveals").select(board).tolist()
    assert reveals == sorted({word.frame for word in board.words if word.frame >= board.prompt_frames})
    assert reveals[0] == board.prompt_frames
    assert len(reveals) > 5
    three = Frames.parse("reveals:3").select(board).tolist()
    assert three == [reveals[0], reveals[(len(reveals) - 1 + 1) // 2], reveals[-1]]


@pytest.mark.parametrize("selection", ["none", "first:0", "first", 0, -1, "stride:x", 2.5])
def test_other_selections_are_refused(selection: Any) -> None:
    with pytest.raises(UsageError, match="frames="):
        Frames.parse(selection)


def test_decoded_frames_equal_a_conversion_to_rgb(uneven: Path) -> None:
    sample = small(uneven, source="video", frames="all", channels=3)[0]
    reference = rgb(members(uneven, sample["key"])["mp4"]).astype(int)
    video = sample["video"].permute(0, 2, 3, 1).numpy().astype(int)
    assert video.shape == reference.shape
    assert np.abs(video - reference).max() <= 1
    assert video.max() == 255
    assert video[0, 0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("selection", [7, "first:5", "stride:9", "reveals", 24])
def test_selected_frames_equal_those_of_the_complete_video(uneven: Path, selection: Any) -> None:
    for source in ("video", "storyboard"):
        complete = small(uneven, source=source, frames="all")[3]
        selected = small(uneven, source=source, frames=selection)[3]
        numbers = Frames.parse(selection).select(storyboard(uneven, complete["key"]))
        assert torch.equal(selected["video"], complete["video"][torch.from_numpy(numbers)])


def test_frames_of_the_storyboard_are_those_before_encoding(uneven: Path) -> None:
    data = small(uneven, frames="all")
    for index in range(len(data)):
        sample = data[index]
        assert np.array_equal(sample["video"][:, 0].numpy(), grey_frames(storyboard(uneven, sample["key"])))


@pytest.mark.slow
def test_drawn_frames_of_real_rows_are_those_before_encoding_and_close_to_the_decoded_ones(tmp_path: Path) -> None:
    rows = real_rows("belle_school_math_500.jsonl"), real_rows("gsm8k_train.jsonl")
    for dataset, file in zip(("belle_school_math", "gsm8k"), rows, strict=True):
        vwd(tmp_path, "pack", dataset, "--rows", file, "--num-samples", 2)
        folder = tmp_path / "shards" / dataset
        drawn, decoded = small(folder, frames="all"), small(folder, frames="all", source="video")
        for index in range(len(drawn)):
            expected = grey_frames(storyboard(folder, drawn[index]["key"]))
            assert np.array_equal(drawn[index]["video"][:, 0].numpy(), expected)
            assert np.abs(decoded[index]["video"][:, 0].numpy().astype(int) - expected).mean() < 1


def test_layouts_have_the_same_pixels_and_three_channels_share_their_memory(uneven: Path) -> None:
    tchw = small(uneven, frames=5, channels=3)[0]["video"]
    assert tchw.shape == (5, 3, 120, 160)
    assert tchw.untyped_storage().nbytes() == 5 * 120 * 160
    cthw = small(uneven, frames=5, channels=3, layout="cthw")[0]["video"]
    thwc = small(uneven, frames=5, channels=3, layout="thwc")[0]["video"]
    assert torch.equal(cthw.permute(1, 0, 2, 3), tchw)
    assert torch.equal(thwc.permute(0, 3, 1, 2), tchw)
    copied = small(uneven, frames=5, channels=3, contiguous=True)[0]["video"]
    assert copied.is_contiguous()
    assert torch.equal(copied, tchw)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("layout", ["tchw", "cthw", "thwc"])
def test_three_channels_share_their_memory_in_a_batch(uneven: Path, workers: int, layout: str) -> None:
    data = small(uneven, frames=5, channels=3, layout=layout)
    batch = next(iter(torch.utils.data.DataLoader(data, batch_size=4, num_workers=workers)))["video"]
    assert batch.untyped_storage().nbytes() < 4 * 5 * 120 * 160 * 2
    assert torch.equal(batch, torch.stack([data[index]["video"] for index in range(4)]))
    data = small(uneven, frames=5, channels=3, layout=layout, contiguous=True)
    copied = next(iter(torch.utils.data.DataLoader(data, batch_size=4, num_workers=workers)))["video"]
    assert copied.is_contiguous()
    assert torch.equal(batch, copied)


@pytest.mark.parametrize("layout", ["tchw", "cthw", "thwc"])
def test_shorter_videos_of_a_batch_repeat_their_last_frame(uneven: Path, layout: str) -> None:
    data = small(uneven, frames="reveals", channels=3, layout=layout, mask="text")
    samples = [data[index] for index in range(len(data))]
    batch = next(iter(torch.utils.data.DataLoader(data, batch_size=len(data))))
    time = 1 if layout == "cthw" else 0
    longest = max(sample["length"] for sample in samples)
    assert batch["length"].tolist() == [sample["length"] for sample in samples]
    assert len(set(batch["length"].tolist())) > 1
    for number, sample in enumerate(samples):
        for name, axis in (("video", time), ("mask", 0)):
            own = batch[name][number]
            assert own.shape[axis] == longest
            assert torch.equal(own.narrow(axis, 0, sample["length"]), sample[name])
            end = own.narrow(axis, sample["length"] - 1, longest - sample["length"] + 1)
            assert torch.equal(end, own.narrow(axis, sample["length"] - 1, 1).expand_as(end))


def test_floats_are_between_minus_one_and_one(uneven: Path) -> None:
    integers = small(uneven, frames=5)[0]["video"]
    floats = small(uneven, frames=5, dtype="float32")[0]["video"]
    assert floats.dtype == torch.float32
    assert floats.max() == 1
    assert floats.min() >= -1
    assert torch.allclose(floats, integers.float() / 127.5 - 1)


@pytest.mark.parametrize("size", [(60, 80), (48, 96), (120, 160), (240, 320)])
def test_scaled_frames_keep_their_brightness(uneven: Path, size: tuple[int, int]) -> None:
    for source in ("video", "storyboard"):
        original = small(uneven, source=source, frames=5)[0]["video"].float()
        scaled = small(uneven, source=source, frames=5, size=size, mask="text")[0]
        assert scaled["video"].shape == (5, 1, *size)
        assert scaled["mask"].shape == (5, *size)
        assert abs(scaled["video"].float().mean() - original.mean()) < 0.5
    original = small(uneven, frames=5)[0]["video"].float()
    means = torch.nn.functional.avg_pool2d(original, 2)
    assert (small(uneven, frames=5, size=(60, 80))[0]["video"].float() - means).abs().max() <= 0.5


@pytest.mark.parametrize("size", [None, (60, 80), (100, 100)])
def test_all_ink_of_words_is_inside_the_text_mask(uneven: Path, size: tuple[int, int] | None) -> None:
    data = small(uneven, frames="all", size=size, mask="text")
    sample = data[0]
    board = storyboard(uneven, sample["key"])
    ink = sample["video"][:, 0] < 255
    line = board.separator
    height = ink.shape[1]
    ink[:, line.y * height // board.height : -(-(line.y + line.height) * height // board.height)] = False
    assert set(sample["mask"].unique().tolist()) == {0, 1}
    assert bool(ink.any())
    assert not bool((ink & (sample["mask"] == 0)).any())
    assert sample["mask"].float().mean() < 0.8


def test_the_answer_mask_begins_with_the_answer(uneven: Path) -> None:
    sample = small(uneven, frames="all", mask="answer")[0]
    first = storyboard(uneven, sample["key"]).prompt_frames
    areas = sample["mask"].sum(dim=(1, 2)).tolist()
    assert areas[:first] == [0] * first
    assert all(areas[first:])


def test_a_mask_covers_only_the_current_page(tmp_path: Path) -> None:
    rows = lamp_rows(1)
    rows[0]["answer"] = " ".join(f"word{n}" for n in range(70)) + "\n#### 1"
    write_rows(tmp_path / "rows.jsonl", rows)
    vwd(tmp_path, "pack", "gsm8k", "--rows", "rows.jsonl", "--size", "160x120", "--font-size", "16", "--frames", "96")
    sample = small(tmp_path / "shards" / "gsm8k", frames="all", mask="text")[0]
    board = storyboard(tmp_path / "shards" / "gsm8k", sample["key"])
    assert board.pages > 2
    for start in board.page_starts[2:]:
        first = [word.box for word in board.words if word.frame == start]
        assert int(sample["mask"][start].sum()) == sum(box.width * box.height for box in first)

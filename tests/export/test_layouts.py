"""`vwd export --for NAME`: what each trainer finds in its folder is every sample, with its prompt."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import HANG_SECONDS, Run
from export.exporting import MIXED_ROWS
from export.others import packed, with_prompts
from export.test_export_resume import contents, many_samples
from export.trainers import READERS
from hypothesis import example, given
from hypothesis import strategies as st
from shards.damage import read_members
from shards.packing import assert_two_lines, send, snapshot, start, temp_files, wait_until

from vwd.errors import ContractError, OutputError, ShardError, UsageError
from vwd.export.layout import one_line
from vwd.export.layouts import LAYOUTS, find_layout, seconds_for
from vwd.export.options import LINKS, ExportOptions
from vwd.export.writer import LayoutResult, export_layout
from vwd.shards.splits import for_validation

pytest_plugins = ["export.exported", "shards.packed"]

ALL = pytest.mark.parametrize("name", LAYOUTS)


def export(folder: Path, to: Path, name: str, task: str = "rendering", **options: Any) -> LayoutResult:
    return export_layout(packed(folder), to, find_layout(name), ExportOptions([task], **options))


def members(folder: Path) -> dict[str, bytes]:
    return {name: data for tar in sorted(folder.glob("*.tar")) for name, data in read_members(tar)}


def expected(folder: Path, name: str, task: str) -> dict[bytes, str]:
    """The caption of each video, by the video's bytes."""
    stored = members(folder)
    keys = [one.removesuffix(".mp4") for one in stored if one.endswith(".mp4")]
    field, ending = ("question", "storyboard") if name == "videothinkbench" else ("prompt", task)
    texts = {key: json.loads(stored[f"{key}.{ending}.json"])[field] for key in keys}
    return {stored[f"{key}.mp4"]: one_line(text) if LAYOUTS[name].one_line else text for key, text in texts.items()}


def test_every_layout_has_a_reader_here() -> None:
    assert set(READERS) == set(LAYOUTS)


@ALL
@pytest.mark.parametrize("task", ["inference", "rendering"])
def test_a_trainer_finds_every_video_with_its_caption(mixed: Path, tmp_path: Path, name: str, task: str) -> None:
    result = export(mixed, tmp_path, name, task)
    pairs = READERS[name](Path(result.folders[0]))
    assert result.samples == MIXED_ROWS
    assert len(pairs) == MIXED_ROWS
    assert {video.read_bytes(): caption for video, caption in pairs} == expected(mixed, name, task)


@ALL
def test_a_second_export_writes_nothing(mixed: Path, tmp_path: Path, name: str) -> None:
    first = export(mixed, tmp_path, name)
    before = snapshot(tmp_path)
    again = export(mixed, tmp_path, name)
    assert snapshot(tmp_path) == before
    assert first.written == len(before) - 1  # besides the record of whose samples they are
    assert (again.written, again.unchanged) == (0, MIXED_ROWS)


@ALL
def test_files_that_are_damaged_or_lost_are_written_again(mixed: Path, tmp_path: Path, name: str) -> None:
    export(mixed, tmp_path, name)
    expected = contents(tmp_path)
    files = [path for path in sorted(tmp_path.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    for path in files[::3]:
        path.unlink()
    for path in files[1::3]:
        os.truncate(path, 5)  # with a hard link, the other name's file, too
    export(mixed, tmp_path, name)
    assert contents(tmp_path) == expected


@given(st.text())
def test_any_prompt_on_one_line_is_a_line_to_every_reader(prompt: str) -> None:
    line = one_line(prompt)
    assert len(line.splitlines()) <= 1  # all that any reader takes for a line break, and more
    assert line.split() == prompt.split()


@given(st.fractions(1, 120, max_denominator=1001), st.integers(1, 5000))
@example(Fraction(193, 10), 49)
def test_a_duration_times_the_rate_is_never_a_frame_more_than_there_are(fps: Fraction, frames: int) -> None:
    seconds = seconds_for(float(fps), frames)
    assert math.ceil(float(fps) * seconds) == frames
    assert seconds == pytest.approx(frames / fps)


@pytest.mark.parametrize("link", LINKS)
def test_layouts_share_the_videos_of_a_dataset(mixed: Path, tmp_path: Path, link: Any) -> None:
    for name in ("cogvideox", "finetrainers"):
        export(mixed, tmp_path / "a", name, link=link)
    video = tmp_path / "a" / "mixed" / "video" / "mixed_000000.mp4"
    first = tmp_path / "a" / "mixed" / "cogvideox" / "rendering" / "videos" / "mixed_000000.mp4"
    second = tmp_path / "a" / "mixed" / "finetrainers" / "rendering" / "mixed_000000.mp4"
    for one in (first, second):
        assert one.is_symlink() == (link == "symbolic")
        assert one.samefile(video) == (link != "copy")
        assert one.read_bytes() == video.read_bytes()
    (tmp_path / "a").rename(tmp_path / "b")  # symbolic links are relative
    moved = tmp_path / "b" / "mixed" / "cogvideox" / "rendering"
    assert len(READERS["cogvideox"](moved)) == MIXED_ROWS
    assert (moved / "videos" / "mixed_000000.mp4").exists()


@pytest.mark.parametrize("link", LINKS)
def test_a_layouts_folder_on_another_file_system_is_refused(mixed: Path, tmp_path: Path, link: Any) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other file system here")
    with tempfile.TemporaryDirectory(dir=other) as elsewhere:
        (tmp_path / "mixed").mkdir()
        (tmp_path / "mixed" / "cogvideox").symlink_to(elsewhere)
        with pytest.raises(OutputError, match="on another file system"):
            export(mixed, tmp_path, "cogvideox", link=link)
        assert list(Path(elsewhere).iterdir()) == []
        export(mixed, Path(elsewhere), "cogvideox", link=link)  # shards here, and all of the export there


def test_the_frames_of_a_sample_are_the_question_and_the_whole_answer(mixed: Path, tmp_path: Path) -> None:
    folder = Path(export(mixed, tmp_path, "i2v").folders[0]) / "mixed" / "00006"
    pictures = [cv2.imread(str(folder / f"{which}_frame.png"), cv2.IMREAD_UNCHANGED) for which in ("first", "final")]
    capture = cv2.VideoCapture(str(folder / "ground_truth.mp4"))
    frames = [capture.read()[1][:, :, 0] for _ in range(60)]
    assert [picture is not None and picture.tolist() for picture in pictures] == [
        frames[0].tolist(), frames[-1].tolist()
    ]  # fmt: skip
    assert frames[0].tolist() != frames[-1].tolist()


def test_train_and_val_are_the_loaders_splits_in_folders_of_their_own(mixed: Path, tmp_path: Path) -> None:
    parts = {}
    for split in ("train", "val"):
        (folder,) = export(mixed, tmp_path, "finetrainers", split=split, val_fraction=0.3).folders
        assert folder.endswith(f"finetrainers/rendering-{split}")
        parts[split] = {int(path.stem.rpartition("_")[2]) for path in Path(folder).glob("*.mp4")}
    rows = np.arange(MIXED_ROWS)
    assert parts["val"] == set(rows[for_validation("mixed", rows, 0.3)].tolist())
    assert parts["train"] == set(range(MIXED_ROWS)) - parts["val"]


def test_the_documented_lists_of_a_split_are_named_for_it(mixed: Path, tmp_path: Path) -> None:
    export(mixed, tmp_path, "jsonl")
    export(mixed, tmp_path, "jsonl", split="val", val_fraction=0.3)
    lists = sorted(path.name for path in (tmp_path / "mixed").glob("*.jsonl"))
    assert lists == [f"mixed_rendering_video_data_{start}.jsonl" for start in ("0", "12", "val_0")]


def test_a_split_without_samples_leaves_no_empty_list(mixed: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="none of its samples is in the `split` val"):
        export(mixed, tmp_path, "cogvideox", split="val", val_fraction=1e-9)
    assert list(tmp_path.rglob("*.txt")) == []


@pytest.mark.parametrize("options", [{"split": "test"}, {"val_fraction": 0.3}, {"split": "val", "val_fraction": 1.0}])
def test_splits_that_do_not_exist_are_refused(mixed: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        export(mixed, tmp_path, "cogvideox", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_slice_has_a_folder_of_its_own(mixed: Path, tmp_path: Path) -> None:
    (folder,) = export(mixed, tmp_path, "cosmos", start_idx=10, num_samples=4).folders
    assert folder.endswith("cosmos/rendering-rows-10-14")
    assert len(READERS["cosmos"](Path(folder))) == 4


def test_an_empty_prompt_is_refused_where_lines_are_counted(three_shards: Path, tmp_path: Path) -> None:
    tar = three_shards / "shards" / "gsm8k" / "gsm8k-000000.tar"
    paths = with_prompts(tar, tmp_path / "in", ["one", "two", " \n", "four", "five", "six"])
    with pytest.raises(ShardError, match=r"gsm8k_000002\.rendering\.json has an empty prompt"):
        export_layout(paths, tmp_path / "out", find_layout("cogvideox"), ExportOptions(["rendering"]))
    assert list(tmp_path.rglob("*.mp4")) == []


@pytest.mark.parametrize(
    ("name", "folder"), [("fastvideo", "a,b"), ("open-sora-plan", "a,b"), ("sat", "my videos"), ("sat", "x.mp4")]
)
def test_a_path_that_the_trainer_would_misread_is_refused(mixed: Path, tmp_path: Path, name: str, folder: str) -> None:
    with pytest.raises(UsageError, match="would misread"):
        export(mixed, tmp_path / folder, name)
    assert list(tmp_path.iterdir()) == []


def test_the_samples_of_another_output_are_refused(mixed: Path, three_shards: Path, tmp_path: Path) -> None:
    export(mixed, tmp_path / "out", "ltx")
    shutil.copytree(three_shards / "shards" / "gsm8k", tmp_path / "in" / "gsm8k")
    (tmp_path / "out" / "mixed").rename(tmp_path / "out" / "gsm8k")
    with pytest.raises(ContractError):
        export(tmp_path / "in" / "gsm8k", tmp_path / "out", "ltx")


@pytest.mark.parametrize("name", ["cogvideox", pytest.param("i2v", marks=pytest.mark.slow)])
def test_an_export_that_was_killed_ends_like_one_that_was_not(
    run: Run, three_shards: Path, tmp_path: Path, name: str
) -> None:
    many_samples(tmp_path, three_shards)
    run("export", "--for", name, "--task", "inference")
    expected = contents(tmp_path / "export")
    shutil.rmtree(tmp_path / "export")
    process = start(tmp_path, "export", "--for", name, "--task", "inference")
    wait_until(process, tmp_path / "export", f"gsm8k/{name}/**/*.mp4")
    send(process, signal.SIGKILL, whole_group=True)
    process.communicate(timeout=HANG_SECONDS)
    part = {one: data for one, data in contents(tmp_path / "export").items() if ".tmp" not in one}
    assert part.items() < expected.items()
    run("export", "--for", name, "--task", "inference")
    assert contents(tmp_path / "export") == expected
    assert temp_files(tmp_path / "export") == []


def test_the_list_names_every_layout_with_its_files(run: Run) -> None:
    shown = run("export", "--list").stdout.splitlines()
    assert [line.split()[0] for line in shown[1:]] == list(LAYOUTS)
    rows = json.loads(run("export", "--list", "--json").stdout)
    assert [row["name"] for row in rows] == list(LAYOUTS)
    assert {row["name"] for row in rows if row["line_breaks"] == "spaces"} == {"cogvideox", "sat"}


def test_an_unknown_layout_is_refused_with_the_nearest(run: Run, mixed: Path) -> None:
    done = run("export", mixed, "--for", "cogvideo", check=False)
    assert_two_lines(done, code=2)
    assert "Did you mean 'cogvideox'? 'vwd export --list'" in done.stderr

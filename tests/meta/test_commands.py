"""The commands as users of such pipelines type them, in sequence, on ten made videos."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANG_SECONDS, environment
from meta.stubs import Stub, stub
from meta.videos import QUOTED, counted, make_videos

pytest.importorskip("scenedetect")

ROOT = Path(__file__).parents[2]


def tool(line: list[str], cwd: Path, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of tools/ from a folder."""
    settings = environment() | {"PYTHONPATH": f"{ROOT}:{Path(__file__).parent}"} | variables
    done = subprocess.run(
        [sys.executable, *line], cwd=cwd, env=settings, capture_output=True, text=True, timeout=HANG_SECONDS,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ten videos, and everything up to the cleaned table of captions."""
    home = tmp_path_factory.mktemp("home")
    make_videos(home / "videos")
    with stub(caption="The video shows a red square, 48/2 of 640x360.") as server:
        run_all(home, server)
    return home


def run_all(home: Path, server: Stub) -> None:
    run = ["-m", "tools.datasets.datautil"]
    tool(["-m", "tools.datasets.convert", "video", "./videos", "--output", "meta/meta.csv"], home)
    tool([*run, "meta/meta.csv", "--info", "--fmin", "1"], home)
    tool(["-m", "tools.scene_cut.scene_detect", "meta/meta_info_fmin1.csv"], home)
    tool(["-m", "tools.scene_cut.cut", "meta/meta_info_fmin1_timestamp.csv", "--save_dir", "clips"], home)
    tool(["-m", "tools.datasets.convert", "video", "clips", "--output", "meta/meta_clips.csv"], home)
    tool([*run, "meta/meta_clips.csv", "--info", "--fmin", "1"], home)
    score = ["-m", "tools.scoring.aesthetic.inference", "meta/meta_clips_info_fmin1.csv", "--bs", "1024"]
    for rank in range(3):
        tool(
            [*score, "--num_workers", "16", "--backend", "brightness:score"], home, RANK=str(rank), WORLD_SIZE="3",
        )  # fmt: skip
    tool([*run, "meta/meta_clips_info_fmin1_aes_part*.csv", "--output", "meta/meta_clips_info_fmin1_aes.csv"], home)
    tool([*run, "meta/meta_clips_info_fmin1_aes.csv", "--aesmin", "5"], home)
    caption = ["-m", "tools.caption.caption_llava", "meta/meta_clips_info_fmin1_aes_aesmin5.0.csv"]
    caption += ["--dp-size", "4", "--tp-size", "1", "--model-path", "./pretrained_models/llava/", "--prompt", "video"]
    for rank in range(4):
        tool(caption, home, RANK=str(rank), WORLD_SIZE="4", VWD_CAPTION_SERVERS=f"{server.url}/v1")
    parts = "meta/meta_clips_info_fmin1_aes_aesmin5.0_caption_part*.csv"
    tool([*run, parts, "--output", "meta/meta_clips_caption.csv"], home)
    steps = ["--clean-caption", "--refine-llm-caption", "--remove-empty-caption"]
    tool([*run, "meta/meta_clips_caption.csv", *steps, "--output", "meta/meta_clips_caption_cleaned.csv"], home)


def test_paths_stay_as_they_were_given(made: Path) -> None:
    rows = table(made / "meta/meta.csv")
    assert len(rows) == 10
    assert [row["path"] for row in rows] == sorted(row["path"] for row in rows)
    assert all(row["path"] == f"./videos/{row['relpath']}" for row in rows)
    assert QUOTED in [row["relpath"] for row in rows]


def test_measures_are_the_headers_and_what_was_dropped_is_named(made: Path) -> None:
    rows = {row["relpath"]: row for row in table(made / "meta/meta_info_fmin1.csv")}
    frames = {name: row["num_frames"] for name, row in rows.items()}
    assert frames == {
        "UPPER.MP4": "30", "a_cut.mp4": "150", "cut_data.mp4": "120", "nested/a_cut.mp4": "100", "ntsc.mkv": "150",
        "one_frame.mov": "1", QUOTED: "39",
    }  # fmt: skip
    assert (rows["a_cut.mp4"]["resolution"], rows["a_cut.mp4"]["aspect_ratio"]) == ("14400", "0.5625")
    assert float(rows["ntsc.mkv"]["fps"]) == pytest.approx(30000 / 1001)
    named = [json.loads(line) for line in (made / "meta/meta_info_fmin1.csv.dropped.jsonl").read_text().splitlines()]
    assert [Path(line["path"]).name for line in named if "dropped" in line] == [
        "cut_index.mp4",
        "empty.mp4",
        "text.avi",
    ]
    assert [Path(line["path"]).name for line in named if "dropped" not in line] == ["cut_data.mp4"]


def test_scenes_are_exact(made: Path) -> None:
    rows = {row["relpath"]: row for row in table(made / "meta/meta_info_fmin1_timestamp.csv")}
    twice = "[('00:00:00.000', '00:00:02.500'), ('00:00:02.500', '00:00:05.000')]"
    assert rows["a_cut.mp4"]["timestamp"] == twice
    assert rows["a_cut.mp4"]["scene_frames"] == "0-75 75-150"
    assert rows["ntsc.mkv"]["scene_frames"] == "0-40 40-100 100-150"
    assert "'00:00:01.335'), ('00:00:01.335', '00:00:03.337')" in rows["ntsc.mkv"]["timestamp"]


def test_clips_are_exact_and_apart_and_know_their_source(made: Path) -> None:
    rows = {row["relpath"]: row for row in table(made / "meta/meta_clips_info_fmin1.csv")}
    assert {name: row["num_frames"] for name, row in rows.items() if "a_cut" in name or "ntsc" in name} == {
        "a_cut_scene-0.mp4": "75", "a_cut_scene-1.mp4": "75", "nested/a_cut_scene-0.mp4": "40",
        "nested/a_cut_scene-1.mp4": "60", "ntsc_scene-0.mp4": "40", "ntsc_scene-1.mp4": "60", "ntsc_scene-2.mp4": "50",
    }  # fmt: skip
    assert {name: counted(made / row["path"]) for name, row in rows.items()} == {
        name: int(row["num_frames"]) for name, row in rows.items()
    }
    assert rows["a_cut_scene-1.mp4"]["source"] == "./videos/a_cut.mp4"
    assert (rows["a_cut_scene-1.mp4"]["start_frame"], rows["a_cut_scene-1.mp4"]["end_frame"]) == ("75", "150")
    assert rows["one_frame_scene-0.mp4"]["num_frames"] == "1"


def test_parts_have_every_row_once_and_in_order(made: Path) -> None:
    before, after = (table(made / f"meta/meta_clips_info_fmin1{end}.csv") for end in ("", "_aes"))
    assert [row["path"] for row in after] == [row["path"] for row in before]
    assert all(float(row["aes"]) > 0 for row in after)


def test_captions_are_cleaned_and_all_columns_stay(made: Path) -> None:
    rows = table(made / "meta/meta_clips_caption_cleaned.csv")
    bright = [row for row in table(made / "meta/meta_clips_info_fmin1_aes.csv") if float(row["aes"]) >= 5]
    assert [row["path"] for row in rows] == [row["path"] for row in bright] != []
    assert {row["text"] for row in rows} == {"A red square, 48/2 of 640x360."}
    assert {"id", "height", "width", "fps", "aes", "num_frames", "source"} <= set(rows[0])


@pytest.mark.slow
def test_torchrun_shares_the_rows(made: Path) -> None:
    pytest.importorskip("torch")
    output = made / "torchrun"
    output.mkdir()
    os.link(made / "meta/meta_clips_info_fmin1.csv", output / "clips.csv")
    launch = ["-m", "torch.distributed.run", "--nproc_per_node", "2", "--standalone", "-m"]
    tool([*launch, "tools.scoring.aesthetic.inference", "torchrun/clips.csv", "--backend", "brightness:score"], made)
    parts = [table(output / f"clips_aes_part{rank}.csv") for rank in range(2)]
    assert [row["path"] for part in parts for row in part] == [row["path"] for row in table(output / "clips.csv")]

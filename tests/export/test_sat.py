"""`vwd export-sat`: captions as CogVideoX's trainer reads them, and a warning where its clips are too long."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Run
from export.exporting import names
from export.others import HARD_TEXTS, packed, records, with_prompts

from vwd.errors import UsageError
from vwd.export.sat import Clip, export_sat

pytest_plugins = ["export.exported", "shards.packed"]


def test_a_line_has_the_path_in_the_video_folder_the_measures_and_the_caption(
    three_corpora: Path, tmp_path: Path
) -> None:
    export_sat(packed(three_corpora / "belle_school_math"), tmp_path)
    folder = tmp_path / "belle_school_math"
    caption = "问题：一箱灯有 3 盏。\n4 箱一共有多少盏？答案：一共有 12 盏。"
    assert records(folder, "sat")[1] == {
        "path": "belle_school_math_000001.mp4",
        "duration": pytest.approx(60 / 19.3),
        "num_frames": 60,
        "width": 160,
        "height": 120,
        "caps": [{"cap": caption}],
        "text": caption,
    }
    assert all((folder / "video" / record["path"]).is_file() for record in records(folder, "sat"))


def test_videos_that_are_too_short_for_the_clips_are_reported(run: Run, three_corpora: Path) -> None:
    done = run("export-sat", three_corpora / "gsm8k")  # 3.1 s, and 49 frames at 8 a second take 6.1 s and more
    assert "gsm8k: 5 videos of 3.11 s are too short for 49 frames at 8 a second, which take 6.44 s" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    (result,) = json.loads(run("export-sat", three_corpora / "gsm8k", "--json").stdout)
    assert result["too_short"] == 5
    done = run("export-sat", three_corpora / "gsm8k", "--train-frames", 22)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("clip", "seconds"),
    [(Clip(49, 8, 0), 6.125), (Clip(81, 16, 0), 5.0625), (Clip(161, 16, 0), 10.0625), (Clip(80, 8, 3), 10 + 6 / 19.3)],
)
def test_the_length_of_a_clip_is_calculated_as_in_the_trainer(clip: Clip, seconds: float) -> None:
    assert clip.seconds(19.3) == pytest.approx(seconds)


def test_labels_are_next_to_the_videos_on_the_one_line_that_the_trainer_reads(
    run: Run, three_corpora: Path, tmp_path: Path
) -> None:
    run("export-sat", three_corpora / "gsm8k", "--task", "inference", "--labels", "rendering")
    folder = tmp_path / "export" / "gsm8k"
    assert names(folder) == ["gsm8k_inference_sat_0.jsonl", "video"]
    for video in (folder / "video").glob("*.mp4"):
        label = Path(str(video).replace(".mp4", ".txt").replace("videos", "labels")).read_text("utf-8")
        assert label.startswith("Question: A crate holds ")
        assert "So the answer is" in label.splitlines()[0]
    done = run("export-sat", three_corpora / "gsm8k", "--task", "inference", "--labels", "rendering")
    assert "0 files written" in done.stdout


def test_no_label_has_a_second_line(three_shards: Path, tmp_path: Path) -> None:
    paths = with_prompts(three_shards / "shards" / "gsm8k" / "gsm8k-000000.tar", tmp_path / "in", HARD_TEXTS)
    export_sat(paths, tmp_path / "out", labels="rendering")
    labels = sorted((tmp_path / "out" / "gsm8k" / "video").glob("*.txt"))
    read = [label.read_bytes().decode().splitlines() for label in labels]
    assert read == [[" ".join(text.splitlines())] for text in HARD_TEXTS]


def test_labels_where_the_trainer_would_not_find_them_are_refused(three_corpora: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="sat replaces 'videos' in a path by 'labels'"):
        export_sat(packed(three_corpora / "gsm8k"), tmp_path / "videos", labels="inference")
    assert not (tmp_path / "videos").exists()

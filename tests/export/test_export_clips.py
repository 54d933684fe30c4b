"""Real videos and their captions become the folders that trainers read, as text videos do."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path

import pytest
from conftest import Run
from meta.videos import write_video

from vwd.export.layouts import LAYOUTS
from vwd.meta.tables import write_table

CAPTIONS = ['A "red" square,\nthen a blue one.', "红色的方块。", "NA"]
WORDS = {name for name, layout in LAYOUTS.items() if layout.reads_words}


@pytest.fixture
def clips(tmp_path: Path, run: Run) -> Path:
    """Three packed clips of one size and length."""
    rows = []
    for number, caption in enumerate(CAPTIONS):
        path = write_video(tmp_path / "v" / f"{number}.mp4", [8, 9 + number % 2 * 4], Fraction(25), (64, 48))
        rows.append({"path": str(path), "text": caption})
    write_table(tmp_path / "real.csv", ("path", "text"), rows)
    run("pack-videos", "real.csv", "--out", "shards", "--shard-size", "2", "--num-workers", "1")
    return tmp_path / "v"


def test_the_documented_folder_has_the_files_and_a_line_for_each(clips: Path, run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        run("export", "shards")
    lists = sorted((tmp_path / "export/real").glob("*.jsonl"))
    assert [path.name for path in lists] == [f"real_caption_video_data_{row}.jsonl" for row in (0, 2)]
    rows = [json.loads(line) for path in lists for line in path.read_text().splitlines()]
    assert [row["prompt"] for row in rows] == CAPTIONS
    for number, row in enumerate(rows):
        assert Path(row["video_path"]).read_bytes() == (clips / f"{number}.mp4").read_bytes()


def test_tables_have_each_clips_own_measures(clips: Path, run: Run, tmp_path: Path) -> None:
    run("export", "shards", "--for", "open-sora")
    with (tmp_path / "export/real/open-sora/caption/meta.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["num_frames"], row["height"], row["width"], row["fps"]) for row in rows] == [
        (str(frames), "48", "64", "25.0") for frames in (17, 21, 17)
    ]
    assert [row["text"] for row in rows] == CAPTIONS
    run("export", "shards", "--for", "videofolder")
    lines = (tmp_path / "export/real/videofolder/caption/metadata.jsonl").read_text().splitlines()
    assert [json.loads(line)["prompt"] for line in lines] == CAPTIONS


@pytest.mark.parametrize("name", sorted(set(LAYOUTS) - WORDS - {"jsonl"}))
@pytest.mark.slow
def test_every_layout_that_needs_no_words_takes_them(clips: Path, run: Run, tmp_path: Path, name: str) -> None:
    done = run("export", "shards", "--for", name, "--start-idx", "0", "--num-samples", "1")
    folder = tmp_path / "export/real" / name / "caption-rows-0-1"
    assert str(folder) in done.stdout
    (video,) = folder.rglob("*.mp4")
    assert video.read_bytes() == (clips / "0.mp4").read_bytes()
    told = "".join(path.read_text() for path in folder.rglob("*") if path.is_file() and path.suffix != ".mp4")
    assert "square" in told


@pytest.mark.parametrize("words", [("export", "--for", name) for name in sorted(WORDS)] + [("export-sat",)])
def test_what_needs_words_is_refused_with_the_remedy(clips: Path, run: Run, words: tuple[str, ...]) -> None:
    done = run(words[0], "shards", *words[1:], check=False)
    assert done.returncode == 1
    what, hint = done.stderr.splitlines()
    assert "holds clips, and this export is of questions and answers" in what
    assert "'vwd export --list' names them; --for sat" in hint


def test_an_export_of_text_alone_says_what_takes_clips(clips: Path, run: Run) -> None:
    done = run("export-parquet", "shards", check=False)
    assert done.returncode == 1
    what, hint = done.stderr.splitlines()
    assert "holds clips, not text videos" in what
    assert "export it with 'vwd export --for'" in hint


def test_settings_for_all_are_not_made_of_clips_that_differ(clips: Path, run: Run) -> None:
    done = run("export", "shards", "--for", "musubi", check=False)
    assert done.returncode == 1
    assert "real_000000 has 64x48 pixels and 17 frames, real_000001 64x48 and 21" in done.stderr
    assert "--shorter-size and --max-seconds" in done.stderr


def test_other_kinds_of_files_are_named(clips: Path, run: Run, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", [8], Fraction(25), (64, 48))
    write_table(tmp_path / "mkv.csv", ("path", "text"), [{"path": str(path), "text": "a"}])
    run("pack-videos", "mkv.csv", "--out", "others")
    done = run("export", "others", check=False)
    assert done.returncode == 1
    what, hint = done.stderr.splitlines()
    assert "mkv_000000 is no .mp4 file" in what
    assert "vwd meta cut" in hint

"""`vwd export-opensora`: one CSV per dataset and task, as Open-Sora's trainer reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Run
from export.exporting import names
from export.others import HARD_TEXTS, packed, records, with_prompts

from vwd.export.opensora import COLUMNS, export_opensora

pytest_plugins = ["export.exported", "shards.packed"]


def test_each_dataset_has_its_videos_and_one_csv_per_task(run: Run, three_corpora: Path, tmp_path: Path) -> None:
    done = run("export-opensora", three_corpora)
    assert "export/gsm8k: 5 samples, 7 files written, 0 videos unchanged" in done.stdout
    for dataset in ("gsm8k", "tinystories", "belle_school_math"):
        folder = tmp_path / "export" / dataset
        assert names(folder) == [f"{dataset}_{task}_opensora_0.csv" for task in ("inference", "rendering")] + ["video"]
        assert len(records(folder, "opensora")) == 5


def test_a_row_names_its_video_and_the_measures_of_it(three_corpora: Path, tmp_path: Path) -> None:
    export_opensora(packed(three_corpora / "gsm8k"), tmp_path)
    row = records(tmp_path / "gsm8k", "opensora", "inference")[1]
    assert tuple(row) == COLUMNS
    assert Path(row["path"]) == (tmp_path / "gsm8k" / "video" / "gsm8k_000001.mp4").resolve()
    assert Path(row["path"]).is_file()
    assert row["text"] == "Question: A crate holds 3 lamps.\nHow many are in 4 crates?"
    measures = [row[name] for name in ("id", "num_frames", "height", "width", "aspect_ratio", "fps", "resolution")]
    assert measures == ["gsm8k_000001", "60", "120", "160", "0.75", "19.3", "19200"]


def test_one_task_gives_only_its_csv(run: Run, three_corpora: Path, tmp_path: Path) -> None:
    run("export-opensora", three_corpora / "gsm8k", "--task", "rendering")
    assert names(tmp_path / "export" / "gsm8k") == ["gsm8k_rendering_opensora_0.csv", "video"]


def test_pandas_reads_the_csv_as_the_trainer_does(three_shards: Path, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    paths = with_prompts(three_shards / "shards" / "gsm8k" / "gsm8k-000000.tar", tmp_path / "in", HARD_TEXTS)
    export_opensora(paths, tmp_path / "out")
    table = pandas.read_csv(tmp_path / "out" / "gsm8k" / "gsm8k_rendering_opensora_0.csv")
    assert list(table["text"]) == HARD_TEXTS
    assert table["num_frames"].dtype == table["height"].dtype == table["width"].dtype == "int64"
    assert set(table["fps"]) == {19.3}


def test_json_reports_what_was_written(run: Run, three_corpora: Path) -> None:
    (result,) = json.loads(run("export-opensora", three_corpora / "gsm8k", "--json").stdout)
    assert result == {"dataset": "gsm8k", "written": 7, "unchanged": 0, "samples": 5, "left_out": []}

"""`datasets` itself loads what is exported for it: the folder of videos, the JSON lists, and Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from export.exporting import MIXED_ROWS
from export.test_layouts import expected, export

from vwd.export.parquet import export_parquet
from vwd.shards.paths import OutputPaths

pytest_plugins = ["export.exported"]


def load(kind: str, cache: Path, **where: str) -> Any:
    import datasets

    return datasets.load_dataset(kind, split="train", cache_dir=str(cache), **where)


def not_decoded(rows: Any, column: str) -> Any:
    """With the videos' bytes or paths: decoding needs torchcodec."""
    import datasets

    return rows.cast_column(column, datasets.Video(decode=False))


@pytest.mark.parametrize("options", [{}, {"split": "val", "val_fraction": 0.3}])
def test_the_video_folder_is_loaded_with_its_prompts(mixed: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    import datasets

    (folder,) = export(mixed, tmp_path, "videofolder", **options).folders
    rows = load("videofolder", tmp_path / "cache", data_dir=folder)
    assert rows.features["video"] == datasets.Video()
    found = {Path(row["video"]["path"]).read_bytes(): row["prompt"] for row in not_decoded(rows, "video")}
    every = expected(mixed, "videofolder", "rendering")
    assert found.items() <= every.items()
    assert len(found) == (len(list(Path(folder).glob("*.mp4"))) if options else MIXED_ROWS)
    assert found


@pytest.mark.parametrize(
    ("name", "listing", "video"),
    [("jsonl", "mixed_rendering_video_data_*.jsonl", "video_path"), ("musubi", "metadata.jsonl", "video_path")],
)
def test_the_json_lists_are_loaded(mixed: Path, tmp_path: Path, name: str, listing: str, video: str) -> None:
    (folder,) = export(mixed, tmp_path, name).folders
    rows = not_decoded(load("json", tmp_path / "cache", data_files=f"{folder}/{listing}"), video)
    caption = "prompt" if name == "jsonl" else "caption"
    assert {Path(row[video]["path"]).read_bytes(): row[caption] for row in rows} == expected(mixed, name, "rendering")


def test_parquet_is_loaded_with_videos_that_need_no_cast(mixed: Path, tmp_path: Path) -> None:
    import datasets

    export_parquet(OutputPaths(mixed.parent, mixed.name), tmp_path, with_video=True)
    rows = load("parquet", tmp_path / "cache", data_files=str(tmp_path / "mixed" / "parquet" / "*.parquet"))
    assert rows.features["video"] == datasets.Video()
    found = {row["video"]["bytes"]: row["rendering_prompt"] for row in not_decoded(rows, "video")}
    assert found == expected(mixed, "videofolder", "rendering")

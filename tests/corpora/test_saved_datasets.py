"""A folder that `datasets` has saved gives its rows: as rows, as the local copy, and in place of the hub's dataset."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from conftest import Run
from corpora.hubs import caches
from shards.packing import SMALL, lamp_rows

from vwd.corpora.registry import find_corpus
from vwd.corpora.sources.local import has_copy
from vwd.corpora.sources.open import open_rows
from vwd.errors import OutputError, RowsError

GSM8K = find_corpus("gsm8k")
ROWS = lamp_rows(30)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One dataset in two files, and one with two splits."""
    import datasets

    folder = tmp_path_factory.mktemp("saved")
    one = datasets.Dataset.from_list(ROWS)
    one.save_to_disk(str(folder / "one"), num_shards=2)
    others = datasets.Dataset.from_list(ROWS[:3])
    datasets.DatasetDict({"train": one, "test": others}).save_to_disk(str(folder / "splits"))
    datasets.DatasetDict({"test": others, "extra": others}).save_to_disk(str(folder / "other-splits"))
    return folder


@pytest.mark.parametrize("name", ["one", "splits"])
def test_a_saved_dataset_gives_its_rows_in_each_place(
    tmp_path: Path, saved: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(saved / name, tmp_path / "data" / "gsm8k" / "dataset")
    monkeypatch.setenv("VWD_HF_DATASET_ID_GSM8K", str(saved / name))
    assert has_copy(tmp_path / "data", "gsm8k")
    places = [
        open_rows(GSM8K, str(saved / name)),
        open_rows(GSM8K, "", tmp_path / "data"),
        open_rows(GSM8K, "", tmp_path / "none"),
    ]
    for rows in places:
        assert rows.count == 30
        assert list(rows.read(0, 30)) == ROWS
        assert list(rows.read(17, 19)) == ROWS[17:19]
    assert places[0].identity == places[1].identity == places[2].identity


def test_the_identity_is_that_of_the_data_files_alone(tmp_path: Path, saved: Path) -> None:
    copy = Path(shutil.copytree(saved / "one", tmp_path / "copy"))
    before = open_rows(GSM8K, str(copy)).identity
    info = json.loads((copy / "dataset_info.json").read_bytes())
    (copy / "dataset_info.json").write_text(json.dumps({**info, "description": "Lamps."}))
    (copy / ".cache").mkdir()
    (copy / "notes.txt").write_text("mine")
    for path in copy.iterdir():
        os.utime(path, (1, 1))
    assert open_rows(GSM8K, str(copy)).identity == before
    (copy / "data-00000-of-00002.arrow").rename(copy / "x")
    (copy / "data-00001-of-00002.arrow").rename(copy / "data-00000-of-00002.arrow")
    (copy / "x").rename(copy / "data-00001-of-00002.arrow")
    assert open_rows(GSM8K, str(copy)).identity != before


def test_splits_without_the_corpus_s_are_named(saved: Path) -> None:
    with pytest.raises(RowsError, match="holds the splits test, extra, and no train"):
        open_rows(GSM8K, str(saved / "other-splits"))
    assert open_rows(GSM8K, str(saved / "other-splits" / "test")).count == 3


@pytest.mark.parametrize("file", ["state.json", "data-00000-of-00002.arrow", "dataset_info.json"])
@pytest.mark.parametrize("damage", ["cut", "removed", "a pipe"])
def test_a_damaged_one_is_refused(tmp_path: Path, saved: Path, file: str, damage: str) -> None:
    folder = Path(shutil.copytree(saved / "splits", tmp_path / "copy")) / "train"
    if file.startswith("data-"):
        file = "data-00000-of-00001.arrow"
    content = (folder / file).read_bytes()
    (folder / file).unlink()
    if damage == "cut":
        (folder / file).write_bytes(content[: len(content) // 3])
    elif damage == "a pipe":
        os.mkfifo(folder / file)
    with pytest.raises((RowsError, OutputError)) as caught:
        list(open_rows(GSM8K, str(tmp_path / "copy")).read(0, 30))
    assert str(tmp_path) in caught.value.what


def test_a_saved_dataset_is_given_alone(saved: Path) -> None:
    with pytest.raises(RowsError, match="beside other rows"):
        open_rows(GSM8K, (str(saved / "one"), str(saved / "splits")))


def test_a_saved_dataset_is_packed_and_resumed(run: Run, tmp_path: Path, saved: Path) -> None:
    command = ("pack", "gsm8k", "--rows", saved / "one", "--shard-size", 20, *SMALL, "--num-workers", 1)
    assert "2 shards" in run(*command, **caches(tmp_path)).stderr
    assert "0 to pack, 2 already complete" in run(*command, **caches(tmp_path)).stderr

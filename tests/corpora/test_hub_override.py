"""`VWD_HF_DATASET_ID_<CORPUS>` names another dataset on the hub, or a folder on disk."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from conftest import Run
from corpora.hubs import caches
from corpora.rowfiles import write

from vwd.corpora.registry import find_corpus
from vwd.corpora.sources.hub import hub_id
from vwd.corpora.sources.open import open_rows

ROWS = [
    {"question": f"How much is {n} plus {n}?", "answer": f"It is {n}+{n} = {2 * n}.\n#### {2 * n}"} for n in range(600)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "rows"
    folder.mkdir()
    return folder


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """The folder is used in place of gsm8k's dataset on the hub, and `datasets` keeps its cache in tmp_path."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("VWD_HF_DATASET_ID_GSM8K", str(folder))
    return folder


def test_without_the_variable_a_corpus_is_where_the_registry_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VWD_HF_DATASET_ID_GSM8K", raising=False)
    assert hub_id(find_corpus("gsm8k")) == "openai/gsm8k"


def test_the_variable_names_another_dataset_for_only_one_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VWD_HF_DATASET_ID_GSM8K_CHINESE", "me/mine")
    monkeypatch.delenv("VWD_HF_DATASET_ID_GSM8K", raising=False)
    assert hub_id(find_corpus("gsm8k_chinese")) == "me/mine"
    assert hub_id(find_corpus("gsm8k")) == "openai/gsm8k"


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
@pytest.mark.parametrize("streaming", [False, True], ids=["stored", "streamed"])
def test_a_folder_gives_its_rows_by_number(cached: Path, tmp_path: Path, kind: str, streaming: bool) -> None:
    write(cached / f"train.{kind}", ROWS)
    rows = open_rows(find_corpus("gsm8k"), "", tmp_path / "none", streaming)
    assert rows.columns == ("question", "answer")
    assert rows.count in ((None, 600) if streaming else (600,))
    assert list(rows.read(0, 3)) == ROWS[:3]
    assert list(rows.read(250, 520)) == ROWS[250:520]
    assert list(rows.read(590, 700)) == ROWS[590:]
    copy = pickle.loads(pickle.dumps(rows))
    assert list(copy.read(300, 305)) == ROWS[300:305]


def test_the_identity_of_a_folder_is_its_content(cached: Path, tmp_path: Path) -> None:
    def identity() -> dict[str, str]:
        return open_rows(find_corpus("gsm8k"), "", tmp_path / "none").identity

    path = write(cached / "train.jsonl", ROWS)
    first = identity()
    assert first["kind"] == "folder"
    assert identity() == first
    write(path, ROWS[:599])
    assert identity() != first


def test_a_folder_of_rows_is_packed_without_the_hub(run: Run, tmp_path: Path, folder: Path) -> None:
    write(folder / "train.jsonl", ROWS[:4])
    done = run("pack", "gsm8k", "--json", VWD_HF_DATASET_ID_GSM8K=str(folder), **caches(tmp_path))
    assert json.loads(done.stdout)["samples"] == 4


def test_a_missing_folder_is_reported(run: Run, tmp_path: Path) -> None:
    absent = str(tmp_path / "absent")
    done = run("pack", "gsm8k", check=False, VWD_HF_DATASET_ID_GSM8K=absent, **caches(tmp_path))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2
    assert absent in done.stderr

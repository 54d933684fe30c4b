"""Which files of a folder are read: those of the corpus's split and config, as the hub would choose them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from corpora.rowfiles import write
from shards.packing import lamp_rows

from vwd.corpora.registry import find_corpus, own_corpus
from vwd.corpora.sources.open import open_rows
from vwd.errors import RowsError

GSM8K = find_corpus("gsm8k")
MINE = own_corpus("mine", "question", "answer", "en")
# Of file k, so that rows tell which file they are of.
FILES = [
    [{name: str(value) for name, value in row.items()} for row in lamp_rows(40)[4 * k : 4 * k + 4]] for k in range(6)
]
CARD = """---
license: mit
configs:
- config_name: {first}
  data_files:
  - split: train
    path: {first}/train-*
  - split: test
    path: {first}/test-*
- config_name: socratic
  data_files:
  - split: train
    path: socratic/train-*
---
# Lamps
"""


def make(folder: Path, *names: str, kind: str = "jsonl") -> Path:
    for rows, name in zip(FILES, names, strict=False):
        path = folder / f"{name}.{kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, rows)
    return folder


def rows_of(folder: Path, corpus: object = GSM8K) -> list[dict[str, str]]:
    rows = open_rows(corpus, str(folder))  # type: ignore[arg-type]
    return [dict(row) for row in rows.read(0, rows.count or 0)]


@pytest.fixture
def in_place_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands in for gsm8k on the hub."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("VWD_HF_DATASET_ID_GSM8K", str(tmp_path / "clone"))
    return tmp_path / "clone"


@pytest.mark.parametrize(
    "names",
    [
        ("train", "test"),
        ("train-00000-of-00001", "test-00000-of-00001"),
        ("data/train", "data/validation"),
        ("train/part", "test/part"),
        ("lamps_train", "lamps_dev"),
        ("train.1", "eval.1"),
    ],
)
def test_of_several_splits_the_corpus_s_is_read(tmp_path: Path, names: tuple[str, ...]) -> None:
    assert rows_of(make(tmp_path, *names)) == FILES[0]


def test_names_that_say_no_split_are_all_read(tmp_path: Path) -> None:
    assert rows_of(make(tmp_path, "2023/latest", "2024/trains", "2024/x/contest")) == FILES[0] + FILES[1] + FILES[2]


def test_other_splits_are_named(tmp_path: Path) -> None:
    with pytest.raises(RowsError, match="holds the splits test, validation, and no train"):
        rows_of(make(tmp_path, "test", "val"))


def test_a_file_of_no_split_beside_others_is_named(tmp_path: Path) -> None:
    with pytest.raises(RowsError, match=r"more\.jsonl: is of no split"):
        rows_of(make(tmp_path, "train", "more"))


def test_the_card_of_a_clone_says_which_files_are_the_config_s(tmp_path: Path) -> None:
    make(tmp_path, "main/train-0", "main/test-0", "socratic/train-0", "main/train-1")
    (tmp_path / "README.md").write_text(CARD.format(first="main"))
    assert rows_of(tmp_path) == FILES[0] + FILES[3]


def test_configs_of_other_names_are_named(tmp_path: Path) -> None:
    make(tmp_path, "plain/train-0", "plain/test-0", "socratic/train-0")
    (tmp_path / "README.md").write_text(CARD.format(first="plain"))
    for corpus in (GSM8K, MINE):
        with pytest.raises(RowsError, match="has several configs, plain, socratic"):
            rows_of(tmp_path, corpus)


def test_a_default_config_is_the_one_for_other_corpora(tmp_path: Path) -> None:
    make(tmp_path, "main/train-0", "main/test-0", "socratic/train-0")
    card = CARD.format(first="main").replace("config_name: socratic", "config_name: socratic\n  default: true")
    (tmp_path / "README.md").write_text(card)
    assert rows_of(tmp_path, MINE) == FILES[2]
    assert rows_of(tmp_path, GSM8K) == FILES[0]


@pytest.mark.parametrize(
    "card",
    ["---\nconfigs: 5\n---\n", "---\nconfigs: [a]\n---\n", "---\na: [\n---\n", "---\nconfigs:\n- data_files: x\n---\n"],
)
def test_a_card_that_cannot_be_read_is_named(tmp_path: Path, card: str) -> None:
    make(tmp_path, "train")
    (tmp_path / "README.md").write_text(card)
    with pytest.raises(RowsError, match=r"README\.md: the configs"):
        rows_of(tmp_path)


@pytest.mark.parametrize("path", ["../train-*", "/etc/*", "main/nothing-*"])
def test_a_card_leads_to_no_files_elsewhere(tmp_path: Path, path: str) -> None:
    make(tmp_path / "clone", "main/train-0")
    make(tmp_path, "train-0")
    (tmp_path / "clone" / "README.md").write_text(f"---\nconfigs:\n- config_name: main\n  data_files: {path}\n---\n")
    with pytest.raises(RowsError):
        rows_of(tmp_path / "clone")


def test_folders_of_a_clone_without_a_card_are_its_configs(tmp_path: Path) -> None:
    make(tmp_path, "main/train", "socratic/train")
    (tmp_path / ".gitattributes").touch()
    assert rows_of(tmp_path, GSM8K) == FILES[0]
    with pytest.raises(RowsError, match="has several configs, main, socratic"):
        rows_of(tmp_path, MINE)


@pytest.mark.parametrize("with_card", [True, False])
def test_a_clone_in_place_of_the_hub_keeps_the_config(in_place_of_the_hub: Path, with_card: bool) -> None:
    clone = make(in_place_of_the_hub, "main/train-0", "main/test-0", "socratic/train-0", kind="parquet")
    (clone / ".gitattributes").touch()
    if with_card:
        (clone / "README.md").write_text(CARD.format(first="main"))
    rows = open_rows(GSM8K, "", clone / "none")
    assert list(rows.read(0, 99)) == FILES[0]
    before = rows.identity
    (clone / ".cache").mkdir()
    (clone / ".cache" / "lock").touch()
    write(clone / "socratic" / "train-0.parquet", FILES[4])
    with (clone / "README.md").open("a") as card:
        card.write("\nMore about it.\n" if with_card else "# Lamps\n")
    os.utime(clone / "main" / "train-0.parquet", (1, 1))
    assert open_rows(GSM8K, "", clone / "none").identity == before


def test_a_clone_of_other_configs_in_place_of_the_hub_is_refused_by_name(in_place_of_the_hub: Path) -> None:
    clone = make(in_place_of_the_hub, "plain/train-0", "plain/test-0", "socratic/train-0")
    (clone / "README.md").write_text(CARD.format(first="plain"))
    with pytest.raises(RowsError, match="plain, socratic"):
        open_rows(GSM8K, "", clone / "none")

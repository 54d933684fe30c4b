"""The dataset card: YAML that `datasets` reads, with the types that the samples have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Run
from index.indexed import samples
from shards.packing import SMALL, copy_pack

pytest_plugins = ["index.outputs"]


def front(folder: Path) -> dict[str, Any]:
    _, text, _ = (folder / "README.md").read_text("utf-8").split("---\n", 2)
    return dict(yaml.safe_load(text))


def shape(value: object) -> object:
    """What a JSON value is, as the card names it."""
    if isinstance(value, dict):
        return {name: shape(held) for name, held in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return {str: "string", int: "int64", float: "float64"}[type(value)]


def declared(feature: dict[str, Any]) -> object:
    if "struct" in feature:
        return {held["name"]: declared(held) for held in feature["struct"]}
    if "list" in feature:
        held = feature["list"]
        return [held if isinstance(held, str) else {part["name"]: declared(part) for part in held}]
    return feature["dtype"]


@pytest.fixture
def folder(with_gap: Path, tmp_path: Path) -> Path:
    return copy_pack(with_gap, tmp_path)


def test_the_declared_types_are_those_of_every_sample(folder: Path) -> None:
    told = {feature["name"]: declared(feature) for feature in front(folder)["dataset_info"]["features"]}
    for tar in folder.glob("*.tar"):
        for key, held in samples(tar).items():
            members = {member.name.removeprefix(f"{key}."): member.data for member in held}
            assert [*members, "__key__", "__url__"] == list(told)
            for ending, data in members.items():
                assert told[ending] == ("video" if ending == "mp4" else shape(json.loads(data)))


def test_the_counts_are_the_ledger_s(folder: Path) -> None:
    told = front(folder)
    (split,) = told["dataset_info"]["splits"]
    size = sum(tar.stat().st_size for tar in folder.glob("*.tar"))
    assert split == {"name": "train", "num_examples": 10, "num_bytes": size}
    assert (told["language"], told["size_categories"]) == (["en"], ["n<1K"])
    assert "empty_text 7" in (folder / "README.md").read_text()


def test_datasets_infers_the_same_features_and_reads_every_sample(folder: Path, tmp_path: Path) -> None:
    import datasets

    def load(path: str, **more: Any) -> Any:
        return datasets.load_dataset(path, split="train", streaming=True, cache_dir=str(tmp_path / "cache"), **more)

    carded = load(str(folder))
    inferred = load("webdataset", data_files=str(folder / "*.tar"))._resolve_features()
    assert dict(carded.features) == dict(inferred.features)
    keys = [row["__key__"] for row in carded.cast_column("mp4", datasets.Video(decode=False))]
    assert keys == [key for tar in sorted(folder.glob("*.tar")) for key in samples(tar)]


@pytest.mark.parametrize("name", ["null", "123", "my-test_rows"])
def test_a_dataset_of_any_name_has_a_card(run: Run, folder: Path, tmp_path: Path, name: str) -> None:
    own = ("--rows", "rows.jsonl", "--prompt-column", "question", "--answer-column", "answer", "--language", "en")
    run("pack", name, *own, *SMALL, "--num-samples", 2, "--num-workers", 1)
    told = front(tmp_path / "shards" / name)
    assert told["pretty_name"] == f"{name} as word-by-word videos"
    assert told["configs"][0]["data_files"] == [{"split": "train", "path": f"{name}-*.tar"}]
    assert "license" not in told

"""The dataset card: YAML that `datasets` reads, with the types of the samples."""

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
    """The YAML at the beginning of the card."""
    _, text, _ = (folder / "README.md").read_text("utf-8").split("---\n", 2)
    return dict(yaml.safe_load(text))


def shape(value: object) -> object:
    """The type of a JSON value, as the card names it."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return {str: "string", int: "int64", float: "float64"}[type(value)]


def declared(feature: dict[str, Any]) -> object:
    """The type of a feature in the card, in the form of `shape`."""
    if "struct" in feature:
        return {part["name"]: declared(part) for part in feature["struct"]}
    if "list" in feature:
        item = feature["list"]
        return [item if isinstance(item, str) else {part["name"]: declared(part) for part in item}]
    return feature["dtype"]


@pytest.fixture
def folder(with_gap: Path, tmp_path: Path) -> Path:
    return copy_pack(with_gap, tmp_path)


def test_the_declared_types_are_those_of_every_sample(folder: Path) -> None:
    types = {feature["name"]: declared(feature) for feature in front(folder)["dataset_info"]["features"]}
    for tar in folder.glob("*.tar"):
        for key, found in samples(tar).items():
            members = {member.name.removeprefix(f"{key}."): member.data for member in found}
            assert [*members, "__key__", "__url__"] == list(types)
            for ending, data in members.items():
                assert types[ending] == ("video" if ending == "mp4" else shape(json.loads(data)))


def test_the_counts_are_those_of_the_ledger(folder: Path) -> None:
    metadata = front(folder)
    (split,) = metadata["dataset_info"]["splits"]
    size = sum(tar.stat().st_size for tar in folder.glob("*.tar"))
    assert split == {"name": "train", "num_examples": 10, "num_bytes": size}
    assert (metadata["license"], metadata["language"], metadata["size_categories"]) == ("mit", ["en"], ["n<1K"])
    assert "empty_text 7" in (folder / "README.md").read_text()


def test_datasets_infers_the_same_features_and_reads_every_sample(folder: Path, tmp_path: Path) -> None:
    import datasets

    def load(path: str, **more: Any) -> Any:
        return datasets.load_dataset(path, split="train", streaming=True, cache_dir=str(tmp_path / "cache"), **more)

    described = load(str(folder))
    inferred = load("webdataset", data_files=str(folder / "*.tar"))._resolve_features()
    assert dict(described.features) == dict(inferred.features)
    keys = [row["__key__"] for row in described.cast_column("mp4", datasets.Video(decode=False))]
    assert keys == [key for tar in sorted(folder.glob("*.tar")) for key in samples(tar)]


@pytest.mark.parametrize("name", ["null", "123", "my-test_rows"])
def test_a_dataset_of_any_name_has_a_card(run: Run, folder: Path, tmp_path: Path, name: str) -> None:
    own = ("--rows", "rows.jsonl", "--prompt-column", "question", "--answer-column", "answer", "--language", "en")
    run("pack", name, *own, *SMALL, "--num-samples", 2, "--num-workers", 1)
    metadata = front(tmp_path / "shards" / name)
    assert metadata["pretty_name"] == f"{name} as word-by-word videos"
    assert metadata["configs"][0]["data_files"] == [{"split": "train", "path": f"{name}-*.tar"}]
    assert "license" not in metadata

"""Recipes: what can be made is made, what cannot is recorded with its reason."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from records.test_benchmarks import mmbench, records

from vwd.cli.recipe import _default_recipe
from vwd.errors import RowsError, UsageError
from vwd.records.benchmarks.recipe import load_recipe
from vwd.records.benchmarks.run import image_folder

RECIPE = """
mode: fast_dev
output_root: out
seed: 3
datasets:
  - {name: mmbench, role: train, splits: ["train=dev", test], source: mm, merge: core,
     max_samples_by_split: {train: {fast_dev: 5}}}
  - {name: mmbench_lite, role: train, splits: [train], source: lite.tsv, merge: core}
  - {name: mmmu, role: eval, splits: [validation], source: mm}
  - {name: textvqa, role: eval, splits: [train, val], source: questions.jsonl, val_from_train: true, val_ratio: 0.25}
  - {name: textvqa, role: eval, splits: [test], source: missing.jsonl}
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "mm").mkdir()
    (tmp_path / "mm" / "dev.tsv").write_text(mmbench(20))
    (tmp_path / "mm" / "test.tsv").write_text(mmbench(10, 100))
    (tmp_path / "lite.tsv").write_text(mmbench(4, 500))
    rows = [{"question_id": n, "question": f"Q{n}?", "answers": ["x"]} for n in range(40)]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path


def manifest(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "out" / "manifest.json").read_text())
    return read


def test_of_five_entries_two_fail_and_the_others_are_made(run: Run, sources: Path) -> None:
    done = run("recipe", "recipe.yaml", "--mode", "fast_dev", check=False)
    assert done.returncode == 1
    entries = {(one["dataset"], one["split"]): one for one in manifest(sources)["entries"]}
    failed = {key: one["reason"] for key, one in entries.items() if one["status"] == "failed"}
    assert set(failed) == {("mmmu", "validation"), ("textvqa", "test")}
    assert "dev, test" in failed["mmmu", "validation"]
    made = {key: one["num_examples_written"] for key, one in entries.items() if one["status"] == "made"}
    assert made == {
        ("mmbench", "train"): 5, ("mmbench", "test"): 10, ("mmbench_lite", "train"): 4, ("core", "train"): 9,
        ("textvqa", "train"): 30, ("textvqa", "val"): 10,
    }  # fmt: skip
    for one in entries.values():
        if one["status"] == "made":
            assert one["sha256"] == hashlib.sha256((sources / one["path"]).read_bytes()).hexdigest()
    assert entries["mmbench", "train"]["source"]["files"] == [
        {"name": "dev.tsv", "sha256": hashlib.sha256((sources / "mm" / "dev.tsv").read_bytes()).hexdigest()}
    ]
    train, val = [records(sources / "out" / "textvqa" / f"textvqa_{split}.jsonl") for split in ("train", "val")]
    assert not {one["id"] for one in train} & {one["id"] for one in val}
    assert not (sources / "out" / ".tmp").exists()


def test_a_second_run_makes_the_same_files(run: Run, sources: Path) -> None:
    run("recipe", "recipe.yaml", check=False)
    first = {path: path.read_bytes() for path in (sources / "out").rglob("*.jsonl")}
    run("recipe", "recipe.yaml", check=False)
    assert {path: path.read_bytes() for path in (sources / "out").rglob("*.jsonl")} == first


def test_splits_with_an_id_in_common_are_not_merged(run: Run, sources: Path) -> None:
    recipe = """
output_root: out
datasets:
  - {name: mmbench, splits: ["train=dev"], source: mm, merge: core}
  - {name: mmbench, splits: ["other=dev"], source: mm}
"""
    (sources / "recipe.yaml").write_text(recipe)
    run("recipe", "recipe.yaml")
    from vwd.records.benchmarks.merge import merge_splits
    from vwd.records.benchmarks.prepare import PreparedSplit

    path = sources / "out" / "mmbench" / "mmbench_train.jsonl"
    part = PreparedSplit("mmbench", "train", path, 20, 20)
    with pytest.raises(RowsError, match="stands in another part"):
        merge_splits("core", [part, part], sources / "out" / "x.jsonl", sources / "out" / ".tmp")
    assert not (sources / "out" / "x.jsonl").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("datasets: []", "datasets"),
        ("datasets: [{name: mmbench, splits: [dev], colour: red}]", "colour"),
        ("datasets: [{name: mmbench, splits: dev}]", "splits"),
        ("datasets: [{name: mmbench, splits: [dev], max_samples_by_split: {dev: {fast_dev: 0}}}]", ">= 1"),
        ("datasets: [{name: mmbench, splits: [dev], max_samples_by_split: {test: {fast_dev: 5}}}]", "'test'"),
        ("datasets: [{name: mmbench, splits: [dev], modes: [quick]}]", "modes"),
        ("- a", "object"),
        ("{", "recipe"),
    ],
)
def test_a_recipe_that_is_none_names_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "recipe.yaml").write_text(text)
    with pytest.raises(RowsError, match=said):
        load_recipe(tmp_path / "recipe.yaml")


def test_two_entries_that_write_one_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(
        "datasets: [{name: textvqa, splits: [val], modes: [paper]}, {name: textvqa, splits: [val]}]"
    )
    with pytest.raises(UsageError, match="paper"):
        load_recipe(tmp_path / "recipe.yaml")


def test_an_unknown_benchmark_lists_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("datasets: [{name: gqa, splits: [val]}]")
    with pytest.raises(UsageError) as refused:
        load_recipe(tmp_path / "recipe.yaml")
    assert "mmbench, mmbench_lite, mmmu, textvqa" in refused.value.hint


def test_the_recipe_of_the_package_has_limits_for_every_split_and_fast_dev_is_smaller() -> None:
    recipe = load_recipe(_default_recipe())
    fast, paper = [
        sum(entry.limit(one.name, mode) or 10**9 for entry in recipe.entries(mode) for one in entry.wanted)
        for mode in ("fast_dev", "paper")
    ]  # fmt: skip
    assert fast < 2000 < paper < 10**6


def test_images_are_beside_processed_or_inside_of_another_output() -> None:
    assert image_folder(Path("data/processed")) == Path("data/images")
    assert image_folder(Path("out")) == Path("out/images")


def test_prepared_questions_become_text_videos_at_once(run: Run, sources: Path) -> None:
    run("recipe", "recipe.yaml", check=False)
    done = run(
        "pack", "mmbench", "--language", "en", "--rows", "out/core/core_train.jsonl", "--prompt-column", "question",
        "--answer-column", "answer.text",
    )  # fmt: skip
    assert "9 samples, 0 skipped" in done.stdout

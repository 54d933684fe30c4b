"""`datasets`: the folder and its files, streamed or not, are the same samples of the same types; a stream resumes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import HANG_SECONDS, Run, environment
from consumers.lamps import KEYS, SHARDS
from shards.packing import SMALL, write_lamps

pytest_plugins = ["consumers.packs"]

# In a process of its own: `datasets` decides at its import where its cache is.
LOAD = """
import glob, json, sys
import datasets
folder, split = sys.argv[1], "train"
files = sorted(glob.glob(folder + "/*.tar"))

def load(name, **more):
    rows = datasets.load_dataset(name, **more)
    assert list(rows) == [split], list(rows)
    return rows[split], rows[split].cast_column("mp4", datasets.Video(decode=False))

results = {}
for streaming in (False, True):
    ways = {"folder": {"path": folder}, "files": {"path": "webdataset", "data_files": files}}
    for way, source in ways.items():
        rows, plain = load(source.pop("path"), streaming=streaming, **source)
        samples = list(plain)
        results[way + ("-streamed" if streaming else "")] = {
            "features": str(rows.features),
            "keys": [sample["__key__"] for sample in samples],
            "prompts": [sample["inference.json"]["prompt"] for sample in samples],
            "fps": sorted({sample["storyboard.json"]["fps"] for sample in samples}),
            "ids": [sample.get("id") for sample in samples],
            "videos": all(sample["mp4"]["bytes"][4:8] == b"ftyp" for sample in samples),
        }

def stream():
    return load(folder, streaming=True)[1]

first = stream()
reading = iter(first)
read = [next(reading)["__key__"] for _ in range(len(samples) // 2 + 1)]
state = json.loads(json.dumps(first.state_dict()))
second = stream()
second.load_state_dict(state)
results["resumed"] = {"read": read, "rest": [sample["__key__"] for sample in second], "shards": second.num_shards}

from datasets.distributed import split_dataset_by_node
results["ranks"] = [[s["__key__"] for s in split_dataset_by_node(stream(), rank, 2)] for rank in (0, 1)]
print(json.dumps(results))
"""
WAYS = ("folder", "files", "folder-streamed", "files-streamed")


def load(folder: Path, home: Path) -> dict[str, Any]:
    homes = {name: str(home / "cache") for name in ("HF_HOME", "HF_DATASETS_CACHE")}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder)],
        env=environment(**homes), cwd=home, capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def loaded(eight_shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return load(eight_shards, tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("way", WAYS)
def test_every_sample_is_read_in_order(loaded: dict[str, Any], way: str) -> None:
    assert loaded[way]["keys"] == KEYS
    prompts = loaded[way]["prompts"]
    assert all(prompt.startswith(f"Question: A crate holds {row + 2} ") for row, prompt in enumerate(prompts))
    assert loaded[way]["fps"] == [19.3]
    assert loaded[way]["videos"]


def test_the_card_has_the_types_that_datasets_would_infer(loaded: dict[str, Any]) -> None:
    assert len({loaded[way]["features"] for way in WAYS}) == 1
    assert "'mp4': Video(" in loaded["folder"]["features"]
    assert "'fps': Value('float64')" in loaded["folder"]["features"]


def test_a_stream_resumes_where_its_state_was_taken(loaded: dict[str, Any]) -> None:
    resumed = loaded["resumed"]
    assert len(resumed["read"]) == 13  # in the middle of a shard
    assert resumed["read"] + resumed["rest"] == KEYS
    assert resumed["shards"] == SHARDS


def test_two_ranks_read_every_sample_once_between_them(loaded: dict[str, Any]) -> None:
    assert [len(rank) for rank in loaded["ranks"]] == [12, 12]
    assert sorted(loaded["ranks"][0] + loaded["ranks"][1]) == KEYS


def test_a_dataset_named_like_a_split_is_still_one_training_set(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    columns = ("--prompt-column", "question", "--answer-column", "answer", "--language", "en")
    run("pack", "lamps_test", "--rows", "rows.jsonl", "--shard-size", 3, *columns, *SMALL, "--num-workers", 1)
    results = load(tmp_path / "shards" / "lamps_test", tmp_path)
    assert results["folder"]["keys"] == [f"lamps_test_{row:06d}" for row in range(6)]


@pytest.mark.slow
def test_sidecars_and_id_members_for_other_readers_do_not_change_the_samples(run: Run, tmp_path: Path) -> None:
    write_lamps(tmp_path, 6)
    run("pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", 3, "--sat-meta", *SMALL, "--num-workers", 1)
    run("index", "--all")
    folder = tmp_path / "shards" / "gsm8k"
    assert list(folder.glob("*.tar.idx"))
    assert list(folder.glob("*.meta.jsonl"))
    results = load(folder, tmp_path)
    for way in WAYS:
        assert results[way]["keys"] == KEYS[:6]
        assert results[way]["ids"] == list(range(6))
        assert results[way]["features"] == results["folder"]["features"]

"""`webdataset` and `datasets`, the readers that shards are meant for, read them without conversion."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import webdataset
from conftest import HANG_SECONDS, environment

pytest_plugins = ["shards.packed"]

ENDINGS = {"mp4", "inference.json", "rendering.json", "storyboard.json"}

# Runs in its own process: `datasets` fixes the location of its cache when it is imported.
STREAM = """
import json, sys
import datasets
stream = datasets.load_dataset("webdataset", data_files=sys.argv[1:], split="train", streaming=True)
stream = stream.cast_column("mp4", datasets.Video(decode=False))
for sample in stream:
    print(json.dumps({
        "key": sample["__key__"], "bytes": len(sample["mp4"]["bytes"]),
        "prompt": sample["inference.json"]["prompt"], "both": sample["rendering.json"]["prompt"],
        "words": len(sample["storyboard.json"]["words"]),
    }))
"""


def shard_files(three_shards: Path) -> list[str]:
    return [str(tar) for tar in sorted((three_shards / "shards" / "gsm8k").glob("*.tar"))]


def test_webdataset_reads_every_sample(three_shards: Path) -> None:
    samples = list(webdataset.WebDataset(shard_files(three_shards), shardshuffle=False).decode())
    assert [sample["__key__"] for sample in samples] == [f"gsm8k_{row:06d}" for row in range(18)]
    for sample in samples:
        assert {name for name in sample if not name.startswith("__")} == ENDINGS
        assert sample["storyboard.json"]["index"] == int(sample["__key__"][-6:])
        assert sample["inference.json"]["prompt"].startswith("Question: A crate holds")
        assert sample["mp4"][4:8] == b"ftyp"


def test_webdataset_yields_tuples_of_video_and_prompt(three_shards: Path) -> None:
    shards = webdataset.WebDataset(shard_files(three_shards), shardshuffle=False)
    pairs = list(shards.decode().to_tuple("mp4", "rendering.json"))
    assert len(pairs) == 18
    assert all(" Answer: There are" in record["prompt"] for _, record in pairs)


def test_datasets_streams_every_sample(three_shards: Path, tmp_path: Path) -> None:
    homes = {name: str(tmp_path / "cache") for name in ("HF_HOME", "HF_DATASETS_CACHE")}
    done = subprocess.run(
        [sys.executable, "-c", STREAM, *shard_files(three_shards)],
        env=environment(**homes), cwd=tmp_path, capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    samples = [json.loads(line) for line in done.stdout.splitlines()]
    assert [sample["key"] for sample in samples] == [f"gsm8k_{row:06d}" for row in range(18)]
    assert all(sample["both"].startswith(sample["prompt"]) for sample in samples)
    assert all(sample["bytes"] > 1000 and sample["words"] > 10 for sample in samples)

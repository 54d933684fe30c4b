"""`webdataset` in training: ranks and workers read each sample once between them; a cut tar goes unnoticed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import webdataset
from conftest import HANG_SECONDS, Run, environment
from consumers.lamps import KEYS
from shards.damage import member_border
from shards.packing import copy_pack

from vwd.index.listing import list_shards
from vwd.index.webdataset import brace_pattern
from vwd.shards.paths import OutputPaths

pytest_plugins = ["consumers.packs", "shards.packed"]

needs_torch = pytest.mark.skipif(not find_spec("torch"), reason="torch is not installed")

# One rank of a training job, which torchrun would start with these variables.
RANK = """
import json, sys, warnings
warnings.simplefilter("ignore")  # those of torch and webdataset themselves
import webdataset

def summary(sample):
    return sample["__key__"], len(sample["mp4"]), sample["rendering.json"]["prompt"]

if __name__ == "__main__":
    shards, workers, options = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    rows = webdataset.WebDataset(shards, nodesplitter=webdataset.split_by_node, **options)
    rows = rows.shuffle(10).decode().map(summary)
    for epoch in range(2):
        for batch in webdataset.WebLoader(rows, batch_size=None, num_workers=workers).batched(2, partial=True):
            for key, size, prompt in zip(*batch):
                print(json.dumps([epoch, key, int(size), prompt]))
"""


def read_rank(folder: Path, rank: int, workers: int, **options: object) -> list[list[list[object]]]:
    """What one of two ranks reads in two epochs: key, bytes of the video and prompt of each sample."""
    shards = str(folder / brace_pattern(list_shards(OutputPaths(folder.parent, folder.name))))
    done = subprocess.run(
        [sys.executable, "-c", RANK, shards, str(workers), json.dumps(options)],
        env=environment(RANK=str(rank), WORLD_SIZE="2"), capture_output=True, text=True,
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [[line[1:] for line in lines if line[0] == epoch] for epoch in (0, 1)]


@needs_torch
@pytest.mark.parametrize("workers", [0, 2])
def test_two_ranks_and_their_workers_read_every_sample_once_between_them(eight_shards: Path, workers: int) -> None:
    ranks = [read_rank(eight_shards, rank, workers, shardshuffle=8, seed=1) for rank in (0, 1)]
    for epoch in (0, 1):
        keys = [[str(sample[0]) for sample in rank[epoch]] for rank in ranks]
        assert len(keys[0]) == len(keys[1]) == 12
        assert sorted(keys[0] + keys[1]) == KEYS
        assert keys[0] + keys[1] != KEYS  # it was shuffled
    for key, size, prompt in ranks[0][0] + ranks[1][0]:
        row = int(str(key)[-6:])
        assert str(prompt).startswith(f"Question: A crate holds {row + 2} lamps.")
        assert isinstance(size, int)
        assert size > 1000


@needs_torch
def test_a_worker_without_a_shard_is_accepted_when_the_check_is_off(three_shards: Path) -> None:
    folder = three_shards / "shards" / "gsm8k"
    ranks = [read_rank(folder, rank, 2, shardshuffle=False, empty_check=False) for rank in (0, 1)]
    keys = [str(sample[0]) for rank in ranks for sample in rank[0]]
    assert sorted(keys) == [f"gsm8k_{row:06d}" for row in range(18)]


def cut_at_a_border(data: bytes, border: int) -> bytes:
    return data[:border]


def broken_header(data: bytes, border: int) -> bytes:
    return data[: border + 100] + b"!" * 60 + data[border + 160 :]


@pytest.mark.parametrize("damage", [cut_at_a_border, broken_header])
def test_verify_names_the_shard_whose_samples_a_reader_loses_silently(
    three_shards: Path, run: Run, tmp_path: Path, damage: Callable[[bytes, int], bytes]
) -> None:
    folder = copy_pack(three_shards, tmp_path)
    tar = folder / "gsm8k-000001.tar"
    tar.write_bytes(damage(tar.read_bytes(), member_border(tar, 8)))
    tars = [str(path) for path in sorted(folder.glob("*.tar"))]
    keys = [sample["__key__"] for sample in webdataset.WebDataset(tars, shardshuffle=False)]
    assert len(keys) == 14  # four samples are missing, and no error was raised
    done = run("verify", check=False)
    assert done.returncode == 1
    assert "  gsm8k-000001: " in done.stdout
    assert "  gsm8k-000000: " not in done.stdout

"""Outputs of older versions are read: of 0.1.0, whose format is 2, and of format 3. Two built-in rows each."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Literal

import pytest
from conftest import Run
from shards.packing import assert_two_lines

from vwd.stream import open_shards

OLDER = Path(__file__).parent / "older"
KEYS = ["gsm8k_000000", "gsm8k_000001"]


@pytest.fixture(params=[2, 3])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """`shards/gsm8k` in the folder of `run`."""
    shutil.unpack_archive(OLDER / f"format-{request.param}.zip", tmp_path / "shards")
    return tmp_path / "shards" / "gsm8k"


def test_an_older_output_is_verified_to_the_pixel_and_the_word(run: Run, output: Path) -> None:
    assert run("verify", "--decode", "--read").stdout.splitlines()[-1] == "gsm8k: 1 shards, 2 samples: clean"


def test_an_older_output_is_exported_and_streamed(run: Run, output: Path, tmp_path: Path) -> None:
    run("export-jsonl", "--task", "inference")
    lines = [json.loads(line) for line in next(tmp_path.rglob("*.jsonl")).read_text("utf-8").splitlines()]
    assert [Path(line["video_path"]).stem for line in lines] == KEYS
    sources: tuple[Literal["video", "storyboard"], ...] = ("video", "storyboard")
    for source in sources:
        samples = list(open_shards(output, source=source))
        assert [sample["key"] for sample in samples] == KEYS
        assert samples[0]["video"].shape == (96, 144, 192)


def test_an_older_output_is_not_gone_on_with(run: Run, output: Path) -> None:
    done = run(
        "pack", "gsm8k", "--rows", "builtin", "--num-samples", 2, "--shard-size", 2, "--size", "192x144",
        "--font-size", 16, "--frames", 96, check=False,
    )  # fmt: skip
    assert_two_lines(done)
    assert "format: existing" in done.stderr

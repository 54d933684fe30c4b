"""Shards of other paces verify, resume, and are streamed as any others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import Run
from shards.packing import gsm8k, tar_hashes, write_lamps

from vwd.stream import open_shards

PACED = ("--pace", "fit", "--prompt-hold", 3, "--separator", "always", "--frames", 20)


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """Three shards, whose answers have more words than 20 frames less a held prompt have room for."""
    write_lamps(tmp_path, 18)
    run(*gsm8k(*PACED))
    return tmp_path / "shards" / "gsm8k"


def test_they_verify_and_resume_with_the_same_bytes(run: Run, folder: Path) -> None:
    assert "clean" in run("verify", folder).stdout
    before = tar_hashes(folder)
    assert len(before) == 3
    shutil.rmtree(folder / "ledger")
    run(*gsm8k(*PACED, "--num-tasks", 2, "--task", 0))
    run(*gsm8k(*PACED, "--num-tasks", 2, "--task", 1))
    assert tar_hashes(folder) == before


def test_frames_drawn_and_decoded_agree_from_the_held_prompt_to_the_last_word(folder: Path) -> None:
    drawn, decoded = (list(open_shards(folder, source=source)) for source in ("storyboard", "video"))
    assert len(drawn) == len(decoded) == 18
    for ours, theirs in zip(drawn, decoded, strict=True):
        assert ours["key"] == theirs["key"]
        a, b = np.asarray(ours["video"]), np.asarray(theirs["video"])
        assert a.shape == b.shape
        assert np.abs(a.astype(np.int16) - b).mean() < 1
        assert np.array_equal(a[0], a[2])
        assert not np.array_equal(a[2], a[3])


def test_the_contract_names_the_pace(folder: Path) -> None:
    storyboard = json.loads((folder / "pack.json").read_bytes())["storyboard"]
    assert {name: storyboard[name] for name in ("pace", "prompt_hold", "separator")} == {
        "pace": "fit", "prompt_hold": 3, "separator": "always",
    }  # fmt: skip

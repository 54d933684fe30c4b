"""Fixture: an output for readers that share shards among ranks and workers."""

from __future__ import annotations

from pathlib import Path

import pytest
from consumers.lamps import ROWS, SHARDS
from shards.packing import SMALL, vwd, write_lamps


@pytest.fixture(scope="session")
def eight_shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a dataset of 24 samples in eight shards, with all sidecars. Tests must not change it."""
    folder = tmp_path_factory.mktemp("eight")
    write_lamps(folder, ROWS)
    vwd(folder, "pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", ROWS // SHARDS, *SMALL, "--num-workers", 1)
    vwd(folder, "index", "--all")
    return folder / "shards" / "gsm8k"

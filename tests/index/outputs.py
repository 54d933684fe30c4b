"""Fixture: an output with skipped rows and a shard without a tar, packed once per test process."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import write_rows
from shards.packing import gsm8k, lamp_rows, vwd

SKIPPED = {3, *range(6, 12)}


@pytest.fixture(scope="session")
def with_gap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `shards/gsm8k`, packed for sat: row 3 is skipped, and all of shard 1. Tests must not change it."""
    folder = tmp_path_factory.mktemp("gap")
    rows = [{**row, "answer": ""} if n in SKIPPED else row for n, row in enumerate(lamp_rows(17))]
    write_rows(folder / "rows.jsonl", rows)
    vwd(folder, *gsm8k("--sat-meta"))
    return folder

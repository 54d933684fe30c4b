"""Fixture: an output of five uneven shards, packed once per test process."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import write_rows
from shards.packing import lamp_rows, vwd
from stream.streaming import COUNTS


@pytest.fixture(scope="session")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a packed dataset whose shards have `COUNTS` samples. Tests must not change it."""
    folder = tmp_path_factory.mktemp("uneven")
    rows = lamp_rows(8 * len(COUNTS))
    for number, row in enumerate(rows):
        row["answer"] = f"Well, {'well, ' * (number % 4)}{row['answer']}"
    for shard, count in enumerate(COUNTS):
        for row in rows[8 * shard + count : 8 * shard + 8]:
            row["answer"] = " "
    write_rows(folder / "rows.jsonl", rows)
    vwd(
        folder, "pack", "gsm8k", "--rows", "rows.jsonl", "--shard-size", 8, "--num-workers", 1,
        "--size", "160x120", "--font-size", "16", "--frames", "24",
    )  # fmt: skip
    return folder / "shards" / "gsm8k"

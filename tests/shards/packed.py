"""Outputs packed once per test process, for tests that only read them or copy them first."""

from __future__ import annotations

from pathlib import Path

import pytest
from shards.packing import MEDIUM, MEDIUM_ROWS, gsm8k, tar_hashes, vwd, write_lamps


@pytest.fixture(scope="session")
def three_shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `rows.jsonl` and, in `shards/gsm8k`, its 18 rows as three small shards. Read-only."""
    folder = tmp_path_factory.mktemp("three")
    write_lamps(folder, 18)
    vwd(folder, *gsm8k())
    return folder


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The hashes of the tars of 36 rows, packed at the medium size without interruption."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_lamps(folder, MEDIUM_ROWS)
    vwd(folder, *gsm8k(size=MEDIUM, workers=2))
    return tar_hashes(folder / "shards" / "gsm8k")

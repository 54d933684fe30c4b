"""Fixtures: outputs that are packed once per test process, for tests that export them."""

from __future__ import annotations

from pathlib import Path

import pytest
from export.exporting import pack_mixed, pack_three_corpora


@pytest.fixture(scope="session")
def three_corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base folder with the shards of gsm8k, tinystories and belle_school_math. Tests must not change it."""
    folder = tmp_path_factory.mktemp("corpora")
    pack_three_corpora(folder)
    return folder / "shards"


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the dataset `mixed`: twenty samples of two languages and of hard text. Tests must not change it."""
    folder = tmp_path_factory.mktemp("mixed")
    pack_mixed(folder)
    return folder / "shards" / "mixed"

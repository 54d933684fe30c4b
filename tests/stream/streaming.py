"""Shared by the tests of training data: uneven shards, and datasets that are cheap to read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

NO_TORCH = "pip install 'vwd[torch]'"

# Samples of each shard of `uneven`. Each shard has eight rows, the others of which are empty. 23 samples in all, a
# prime, so that no number of ranks or batch size divides them.
COUNTS = (7, 1, 8, 3, 4)
SAMPLES = sum(COUNTS)


def small(address: Path | str, **options: Any) -> Any:
    """A dataset with one drawn frame per sample."""
    from vwd.stream import ShardDataset

    return ShardDataset(address, **{"frames": 1, "source": "storyboard", "channels": 1, **options})


def keys(batches: Iterable[dict[str, Any]]) -> list[str]:
    return [key for batch in batches for key in batch["key"]]

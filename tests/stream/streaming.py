"""What tests of training data share: uneven shards, and datasets that cost next to nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

NO_TORCH = "pip install 'vwd[torch]'"

# Samples of each shard of `uneven`: of eight rows each, the others being empty. 23 in all, so that nothing goes round.
COUNTS = (7, 1, 8, 3, 4)
SAMPLES = sum(COUNTS)


def small(address: Path | str, **options: Any) -> Any:
    """A dataset of one drawn frame a sample."""
    from vwd.stream import ShardDataset

    return ShardDataset(address, **{"frames": 1, "source": "storyboard", "channels": 1, **options})


def keys(batches: Iterable[dict[str, Any]]) -> list[str]:
    return [key for batch in batches for key in batch["key"]]

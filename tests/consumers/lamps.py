"""The contents of the output in `consumers.packs`."""

from __future__ import annotations

ROWS, SHARDS = 24, 8
KEYS = [f"gsm8k_{row:06d}" for row in range(ROWS)]

"""An output of many shards, written by the benchmark of large ledgers."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))

from tools.bench.ledger import write_large

__all__ = ["write_large"]

"""A scorer that takes its time."""

from __future__ import annotations

import time
from typing import Any


def score(frame: Any) -> float:
    time.sleep(0.05)
    return float(frame.mean())

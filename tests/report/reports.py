"""Reports for tests: packed rows, a report of them, and the data of its page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from conftest import write_rows
from shards.packing import gsm8k, lamp_rows, vwd

from vwd.report.page import page
from vwd.report.write import PAGE

ROWS = 14
HOSTILE = "</script><script>window.hacked = 1</script><!-- \"quotes\" 'and' `ticks` & &lt;b&gt;"
OVERRIDE = "\u202egnihton\u202c and \u2066on\u2069"
LONG = "1234567890" * 1000


def pack(folder: Path) -> Path:
    """An output with 14 rows, of which 7 and 9 are skipped, and row 3 holds markup; returns the base folder."""
    rows = lamp_rows(ROWS)
    rows[3]["question"] = HOSTILE
    rows[7]["answer"] = "A fox \U0001f98a."
    rows[9]["answer"] = None
    rows[5]["answer"] = " ".join(f"Lamp {n} shines." for n in range(12)) + "\n#### 5"
    write_rows(folder / "rows.jsonl", rows)
    vwd(folder, *gsm8k())
    return folder / "shards"


def data_of(report: Path) -> dict[str, Any]:
    """The data in a report's page, as a browser reads it: up to the first end of a script."""
    text = (report / PAGE).read_text("utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script', text, re.DOTALL | re.IGNORECASE)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def rewritten(report: Path, name: str, data: dict[str, Any]) -> str:
    """Another page beside the same media; returns its name."""
    (report / name).write_bytes(page("rewritten", data))
    return name

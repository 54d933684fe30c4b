"""The exports for other trainers, called as functions; and tars with prompts that are hard to serialise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shards.damage import read_members, write_members

from vwd.export.opensora import export_opensora
from vwd.export.options import ExportOptions
from vwd.export.parquet import export_parquet
from vwd.export.sat import export_sat
from vwd.shards.paths import OutputPaths

EXPORTS: dict[str, Any] = {"opensora": export_opensora, "sat": export_sat, "parquet": export_parquet}


def of_rows(which: str, start_idx: int, num_samples: int) -> dict[str, Any]:
    """The arguments that export a slice of the rows."""
    if which == "parquet":
        return {"start_idx": start_idx, "num_samples": num_samples}
    return {"options": ExportOptions(start_idx=start_idx, num_samples=num_samples)}


# Each is the prompt of one sample.
HARD_TEXTS = [
    'She said "no", twice, and wrote """.',
    "a,b;c\td\\n'e'",
    "First line.\nSecond line.\n\nFourth line.\n",
    "Carriage\rreturn, and\r\nboth",
    "问题：“一箱灯”有 3 盏，\n4 箱一共有多少盏？",
    " blanks at both ends, é and 𝄞 ",
]


def packed(folder: Path) -> OutputPaths:
    return OutputPaths(folder.parent, folder.name)


def with_prompts(tar: Path, to: Path, texts: list[str]) -> OutputPaths:
    """A copy of a tar without a ledger, its rendering prompts replaced."""
    members, prompts = [], iter(texts)
    for name, data in read_members(tar):
        if name.endswith("rendering.json"):
            data = json.dumps({**json.loads(data), "prompt": next(prompts)}).encode()
        members.append((name, data))
    write_members(to / "gsm8k" / "gsm8k-000000.tar", members)
    return OutputPaths(to, "gsm8k")


def records(folder: Path, which: str, task: str = "rendering") -> list[dict[str, Any]]:
    """All records of the export of a dataset, whatever the format."""
    import csv

    import pyarrow.parquet as pq

    if which == "parquet":
        return [row for path in sorted(folder.rglob("*.parquet")) for row in pq.read_table(path).to_pylist()]
    (path,) = folder.glob(f"*_{task}_{which}_*")
    if which == "sat":
        return [json.loads(line) for line in path.read_bytes().splitlines()]
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def listed_keys(folder: Path, which: str) -> list[str]:
    """The keys of the samples in an export."""
    name = {"opensora": "id", "sat": "path", "parquet": "key"}[which]
    return [Path(record[name]).stem for record in records(folder, which)]


def text_of(record: dict[str, Any]) -> str:
    return str(record.get("rendering_prompt") or record["text"])

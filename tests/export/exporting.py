"""Packing three corpora to export, and reading an exported folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import write_rows
from shards.packing import SMALL, lamp_rows, vwd

ROWS: dict[str, list[dict[str, object]]] = {
    "gsm8k": lamp_rows(5),
    "tinystories": [
        {"text": f"There once was a snail called Otto {n}. He had a tin drum. “Boom!” it went. The moon woke up."}
        for n in range(5)
    ],
    "belle_school_math": [
        {
            "instruction": f"一箱灯有 {n + 2} 盏。{n + 3} 箱一共有多少盏？",
            "input": "",
            "output": f"一共有 {(n + 2) * (n + 3)} 盏。",
        }
        for n in range(5)
    ],
}  # fmt: skip


# In an export's folder: which output it holds.
RECORD = ".vwd-export.json"


def pack_three_corpora(folder: Path) -> None:
    """Packs five rows of each corpus to `shards`, three rows a shard."""
    for dataset, rows in ROWS.items():
        write_rows(folder / f"{dataset}.jsonl", rows)
        vwd(folder, "pack", dataset, "--rows", f"{dataset}.jsonl", "--shard-size", 3, *SMALL, "--num-workers", 1)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def names(folder: Path) -> list[str]:
    """The names of the files and folders directly in a folder, without the record of whose samples they are."""
    return sorted(path.name for path in folder.iterdir() if path.name != RECORD)

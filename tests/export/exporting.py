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


# Text that is hard to list, in rows of one's own.
HARD_ROWS = [
    'She said "no", twice, and wrote """.',
    "a,b;c\td\\n'e'",
    "First line.\nSecond line.\n\nFourth line.",
    "问题：“一箱灯”有 3 盏，\n4 箱一共有多少盏？",
    "=SUM(A1:A2), 'NA', null, [x] {y} # z = 'w'",
    "1. one\n2. two\n- three: 50% off, $5 each",
]
MIXED_ROWS = 20

# In an export's folder: which output it holds.
RECORD = ".vwd-export.json"


def pack_three_corpora(folder: Path) -> None:
    """Packs five rows of each corpus to `shards`, three rows a shard."""
    for dataset, rows in ROWS.items():
        write_rows(folder / f"{dataset}.jsonl", rows)
        vwd(folder, "pack", dataset, "--rows", f"{dataset}.jsonl", "--shard-size", 3, *SMALL, "--num-workers", 1)


def pack_mixed(folder: Path) -> None:
    """Packs twenty rows to `shards/mixed`, in two shards: hard ones, then English and Chinese questions."""
    rows: list[dict[str, object]] = [{"q": text, "a": f"It is {text[:9]}"} for text in HARD_ROWS]
    for name, question, answer in (("gsm8k", "question", "answer"), ("belle_school_math", "instruction", "output")):
        builtin = Path(__file__).parents[2] / "vwd" / "corpora" / "builtin" / f"{name}.jsonl"
        for line in builtin.read_text("utf-8").splitlines()[:7]:
            row = json.loads(line)
            rows.append({"q": row[question], "a": row[answer]})
    write_rows(folder / "rows.jsonl", rows)
    vwd(
        folder, "pack", "mixed", "--rows", "rows.jsonl", "--prompt-column", "q", "--answer-column", "a",
        "--language", "en", "--force-language", "--shard-size", 12, "--num-workers", 1, "--pace", "fit", *SMALL,
    )  # fmt: skip


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def names(folder: Path) -> list[str]:
    """The names of the files and folders directly in a folder, without the record of whose samples they are."""
    return sorted(path.name for path in folder.iterdir() if path.name != RECORD)

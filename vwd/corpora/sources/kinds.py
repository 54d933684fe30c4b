"""The kinds of files that rows are read from, by their endings."""

from __future__ import annotations

import re
from pathlib import Path

KINDS = ("jsonl", "ndjson", "json", "csv", "tsv", "parquet")
PACKED = re.compile(r"\.(?:gz|zst)$", re.IGNORECASE)


def kind_of(path: Path) -> str:
    """A file's kind by its ending, in small letters: "jsonl" of `Rows.JSONL.gz`; "" for a kind that is not read."""
    name = path.name.lower()
    bare = PACKED.sub("", name)
    kind = bare.rpartition(".")[2] if "." in bare else ""
    return kind if kind in KINDS and not (kind == "parquet" and bare != name) else ""

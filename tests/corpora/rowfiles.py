"""The same rows, written as each supported kind of file."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet

Rows = list[dict[str, str]]
KINDS = ("jsonl", "jsonl.gz", "parquet", "csv")

# Enough rows for more than two marks of the JSONL scan and for several row groups of the parquet file.
MANY: Rows = [
    {"a": f"Row {n}: “你好”, it costs ½.", "b": f'Line {n},\nand "another"\u2028one{" and more" * (n % 7)}.'}
    for n in range(700)
]


def write(path: Path, rows: Rows) -> Path:
    """Writes rows in the format that the ending of `path` names."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if path.name.endswith(".jsonl"):
        path.write_bytes(text.encode())
    elif path.name.endswith(".jsonl.gz"):
        path.write_bytes(gzip.compress(text.encode(), mtime=0))
    elif path.name.endswith(".parquet"):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=97)
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return path

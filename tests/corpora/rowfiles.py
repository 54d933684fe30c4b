"""The same rows, written as each supported kind of file."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pyarrow.parquet

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gz": lambda data: gzip.compress(data, mtime=0),
    "zst": zstd.compress,
}

Rows = list[dict[str, str]]
KINDS = ("jsonl", "jsonl.gz", "jsonl.zst", "json", "json.gz", "parquet", "csv", "csv.gz", "tsv", "CSV.ZST")

# Enough rows for more than two marks of the JSONL scan and for several row groups of the parquet file.
MANY: Rows = [
    {"a": f"Row {n}: “你好”, it costs ½.", "b": f'Line {n},\nand "another"\u2028one{" and more" * (n % 7)}.'}
    for n in range(700)
]


def write(path: Path, rows: Rows) -> Path:
    """Writes rows in the format that the ending of `path` names."""
    *_, kind, packing = ("." + path.name.lower()).rsplit(".", 2)
    if packing not in PACKINGS:
        kind, packing = packing, ""
    if kind == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=97)
    else:
        path.write_bytes(PACKINGS[packing](text_of(kind, rows).encode()))
    return path


def text_of(kind: str, rows: Rows) -> str:
    """What a file of text of this kind holds."""
    if kind == "json":
        return json.dumps(rows, ensure_ascii=False, indent=2)
    if kind in ("jsonl", "ndjson"):
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if kind == "tsv" else ",")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()

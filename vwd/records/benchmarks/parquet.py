"""Unified JSONL as Parquet: columns whose types do not depend on the rows."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from vwd.records.benchmarks.schema import parse_record
from vwd.storage.atomic import atomic_write

_BATCH = 1000


def write_parquet(jsonl: Path, path: Path, temp: Path) -> None:
    """Writes the records of a JSONL file as Parquet: the same fields; `answer.raw` and `meta` as JSON text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.string()
    image = pa.struct([(name, text) for name in ("source", "path", "url", "sha1")])
    answer = pa.struct([("text", text), ("aliases", pa.list_(text)), ("label", pa.int64()), ("raw", text)])
    names = ("id", "dataset", "split", "task_type", "image", "question", "context", "choices", "answer", "meta")
    kinds = {"image": image, "choices": pa.list_(text), "answer": answer}
    schema = pa.schema([(name, kinds.get(name, text)) for name in names])
    with jsonl.open("rb") as lines, atomic_write(path, temp) as file, pq.ParquetWriter(file, schema) as writer:
        records = map(_row, lines)
        while batch := list(islice(records, _BATCH)):
            writer.write_table(pa.Table.from_pylist(batch, schema))


def _row(line: bytes) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(parse_record(line))
    row["answer"]["raw"] = _json(row["answer"]["raw"])
    return {**row, "meta": _json(row["meta"])}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()

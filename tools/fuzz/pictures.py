"""Rows with pictures: conversations, benchmarks, unified records; hostile values in every cell, and damaged files."""

from __future__ import annotations

import base64
import csv
import io
import json
import random
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from mutate import HOSTILE, bytes_of, json_of
from PIL import Image, features
from pyarrow import parquet
from texts import hostile_text

_FOLDERS = (
    "plain", "a b", "中文", "-dash", "_", "%2f", ".hidden", "a" * 200, "\u202eevil", "x.parquet", "llava_", "llava_n"
)  # fmt: skip
_IDS: tuple[Any, ...] = (
    "a", "A", "a/b", "../up", "a.b.c", "中文", "%41", " ", "", ".", "..", "\u202e", "x" * 300, "a\nb", "\x1b[2J", "é",
    "e\u0301", "con", "-", "_", "a\0b", 0, 7, 7.0, 7.5, None, True,
)  # fmt: skip
_PICTURES = (
    ("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"), ("PNG", "I;16"),
    ("GIF", "P"), ("BMP", "RGB"), ("TIFF", "F"), ("ICO", "RGBA"),
    *([("WEBP", "RGBA")] if features.check("webp") else ()),
)  # fmt: skip
_NO_PICTURES = (b"", b"<svg/>", b"version https://git-lfs.github.com/spec/v1\n", b"\xff\xd8", b"\xff\xd8\xff\xd9")
_ROLES = ("user", "assistant", "human", "gpt", "system", "tool", "", None, "USER", "x" * 1000)


@cache
def picture(kind: str, mode: str, side: int) -> bytes:
    """A small picture as a file of this kind."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((side, side)).convert(mode).save(file, kind)
    return file.getvalue()


def _any_picture(rng: random.Random) -> bytes:
    data = picture(*rng.choice(_PICTURES), rng.choice((1, 17, 64)))
    choice = rng.random()
    if choice < 0.3:
        data = bytes_of(data, rng)
    elif choice < 0.35:
        data = _claims_to_be_huge(rng)
    elif choice < 0.4:
        data = rng.choice(_NO_PICTURES)
    return data


def _claims_to_be_huge(rng: random.Random) -> bytes:
    """A picture whose header says that it has billions of pixels."""
    side = rng.choice((20_000, 65_535, 2**31 - 1))
    head = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(bytes(1000))
    chunks = [struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in (head, body)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _image(rng: random.Random) -> Any:
    data = _any_picture(rng)
    return rng.choice(({"bytes": data, "path": rng.choice(("a.jpg", None))}, {"bytes": None, "path": "a.jpg"}, None))


def _turns(rng: random.Random) -> Any:
    names = rng.choice((("role", "content"), ("from", "value")))
    text = rng.choice(("<image>\nWhat is this?", "What?", "", None, hostile_text(rng)[:5000]))
    text = text if text is None else text.encode("utf-8", "replace").decode()
    turns = [dict(zip(names, (rng.choice(_ROLES), text), strict=True)) for _ in range(rng.choice((0, 1, 2, 2, 2, 5)))]
    return rng.choice((turns, turns, turns, json.dumps(turns), None))


def _rows(rng: random.Random) -> list[dict[str, Any]]:
    """Rows of which each column has one type, as Parquet needs it."""
    count, hostile = rng.choice((1, 3, 12)), rng.random() < 0.7
    sound = [{"role": "user", "content": "<image>\nWhat is this?"}, {"role": "assistant", "content": "A gradient."}]
    rows = []
    for number in range(count):
        row: dict[str, Any] = {
            "id": f"row_{number}", "image": {"bytes": picture("JPEG", "RGB", 17), "path": "a.jpg"},
            "conversations": sound, "data_source": "made",
        }  # fmt: skip
        if hostile and rng.random() < 0.7:
            value: Callable[[random.Random], Any]
            name, value = rng.choice((("id", lambda r: r.choice(_IDS)), ("image", _image), ("conversations", _turns)))
            row[name] = value(rng)
        rows.append(row)
    return rows


def _parquet(rng: random.Random) -> bytes:
    rows = _rows(rng)
    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        kinds = {type(value) for value in values if value is not None}
        if len(kinds) > 1:  # a column has one type
            kind = rng.choice(sorted(kinds, key=str))
            values = [value if type(value) is kind else None for value in values]
        columns[name] = pa.array(values)
    choice = rng.random()
    if choice < 0.1:
        columns["image"] = pa.array([_any_picture(rng) for _ in rows])  # bytes, without a struct
    elif choice < 0.2:
        del columns[rng.choice(list(columns))]
    elif choice < 0.3:
        columns[rng.choice(list(columns))] = rng.choice((pa.nulls(len(rows)), pa.array([1.5] * len(rows))))
    table = pa.table(columns)
    file = io.BytesIO()
    parquet.write_table(
        table, file, row_group_size=rng.choice((1, 5, 1000)), compression=rng.choice(("none", "snappy", "zstd"))
    )
    data = file.getvalue()
    return bytes_of(data, rng) if rng.random() < 0.2 else data


def write_folders(folder: Path, rng: random.Random) -> None:
    """A folder of subfolders of Parquet files, and now and then files of its own."""
    for name in rng.sample(_FOLDERS, rng.choice((1, 1, 2))):
        (folder / name).mkdir(parents=True)
        for number in range(rng.choice((1, 1, 2))):
            (folder / name / f"{number}.parquet").write_bytes(_parquet(rng))
    if rng.random() < 0.2:
        (folder / "own.parquet").write_bytes(_parquet(rng))
    if rng.random() < 0.1:
        (folder / "link").symlink_to(rng.choice((".", "link", "absent")))


def _cell(rng: random.Random) -> Any:
    odd = (rng.choice(HOSTILE), *_IDS[:8], "nan", "[1, 2]", "['a', \"b\"]", "A", "4", 0, 1)
    return rng.choice((hostile_text(rng)[:3000], *odd))


def benchmark_file(kind: str, rng: random.Random) -> bytes:
    """Rows of a benchmark with choices, as this kind of file."""
    rows = []
    for number in range(rng.choice((1, 4, 12))):
        row: dict[str, Any] = {
            "index": number, "question": f"Question {number}?", "hint": "nan",
            **{one: f"choice {one}" for one in "ABCD"}, "answer": "ABCD"[number % 4], "category": "logic",
            "image": base64.b64encode(picture("JPEG", "RGB", 17)).decode(),
        }  # fmt: skip
        for _ in range(rng.choice((0, 0, 1, 3))):
            row[rng.choice(list(row))] = _cell(rng)
        if rng.random() < 0.3:
            row["image"] = base64.b64encode(_any_picture(rng)).decode()
        rows.append(row)
    if rng.random() < 0.15:
        gone = rng.choice(list(rows[0]))
        for row in rows:
            row.pop(gone, None)
    data = _BENCHMARKS[kind](rows)
    return bytes_of(data, rng) if rng.random() < 0.25 else data


def _table(rows: list[dict[str, Any]], delimiter: str) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    # The writer of Python 3.10 takes no NUL.
    writer.writerows({name: str(value).replace("\0", "") for name, value in row.items()} for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


_BENCHMARKS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "tsv": lambda rows: _table(rows, "\t"),
    "csv": lambda rows: _table(rows, ","),
    "jsonl": _jsonl,
}


def unified(rng: random.Random) -> bytes:
    """Unified records as `vwd prepare` writes them, with values damaged."""
    lines = []
    for number in range(rng.choice((1, 4, 9))):
        record = {
            "id": str(number), "dataset": "mmbench", "split": "dev", "task_type": "multi_choice_vqa",
            "image": {"source": "file", "path": "images/a.jpg", "url": None, "sha1": None}, "question": "Which?",
            "context": None, "choices": ["one", "two"],
            "answer": {"text": "one", "aliases": None, "label": 0, "raw": "A"},
            "meta": {"language": "en", "source_fields": {}, "extra": {}},
        }  # fmt: skip
        data = json.dumps(record).encode()
        lines.append(json_of(data, rng) if rng.random() < 0.4 else data)
    return b"\n".join(lines) + b"\n"

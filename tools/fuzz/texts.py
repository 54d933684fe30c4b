"""Hostile rows: text that has broken layouts before, and files of every kind that hold it or hold damage."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Callable
from typing import Any

from mutate import HOSTILE, bytes_of, damage_tree

_PIECES = (
    "How many are 2 and 3?", "2 + 3 = 5.\n", "#### 5", "<<2+3=5>>", "Mr. ", "e.g. ", "\u202eab", "\u200b", "\ufeff",
    "\u0301" * 40, "\U0001f468\u200d\U0001f469\u200d\U0001f467", "答案是：18。", "「」", "\x1b[2J", "\0", "\ud800",
    "\t\t\t", "    if x:\n", "ÃƒÂ©", "â€™", "\\boxed{" * 9, "$$", "1,000,000.5", "-" * 200, "a" * 500, "\r\n", "\u2028",
    "\x85", "١٢٣", "กำ", "한국어", "ﷺ", "\u0e33", "…" * 30, "“”", "²", "½", "𝔸", "\U000e0001", "\u00ad", "Z̷̢̧̛͓", " " * 300,
)  # fmt: skip
# Stands for a NUL until a csv is written: a character of the private use area.
_NUL = "\ue000"
KINDS = ("jsonl", "jsonl.gz", "csv", "parquet")


def hostile_text(rng: random.Random) -> str:
    """A text of hostile pieces, of a few characters or of hundreds of thousands."""
    if rng.random() < 0.05:
        return rng.choice(_PIECES) * rng.choice((1000, 50_000))
    return "".join(rng.choice(_PIECES) for _ in range(rng.choice((1, 5, 40, 400))))


def rows(rng: random.Random, hostile: float) -> list[dict[str, Any]]:
    """Rows of the corpus's columns, of which a part is hostile."""
    made: list[dict[str, Any]] = []
    for number in range(rng.choice((1, 4, 9))):
        row = {
            "question": f"How many are {number} and 2?",
            "answer": f"{number} + 2 = {number + 2}.\n#### {number + 2}",
        }
        if rng.random() < hostile:
            row[rng.choice(("question", "answer"))] = hostile_text(rng)
        if rng.random() < hostile / 4:
            damage_tree(row, rng)
        made.append(row)
    return made


def rows_file(kind: str, rng: random.Random) -> bytes:
    """A file of rows of this kind; half of them have their bytes damaged, too."""
    data = _WRITERS[kind](rows(rng, rng.choice((0.0, 0.5))), rng)
    return bytes_of(data, rng) if rng.random() < 0.5 else data


def _jsonl(made: list[dict[str, Any]], rng: random.Random) -> bytes:
    lines = [json.dumps(row).encode() for row in made]
    if rng.random() < 0.2:
        odd = (b"", b"null", b"[1]", b'"x"', b"{", b"\xff\xfe", b'{"question": ' + b"[" * 100_000, b" " * 1_000_000)
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(odd))
    return rng.choice((b"\n", b"\r\n", b"\n\n")).join(lines) + b"\n"


def _gz(made: list[dict[str, Any]], rng: random.Random) -> bytes:
    data = gzip.compress(_jsonl(made, rng), mtime=0)
    if rng.random() < 0.05:
        # A bomb. Lines are counted one by one, a million a second.
        filling, times = rng.choice(((b" ", 10**8), (b"\n", 10**7), (b"{", 10**8), (b"\0", 10**8)))
        data += gzip.compress(filling * times, 1, mtime=0)
    return data


def _without_nul(value: Any) -> str:
    return "" if value is None else str(value).replace("\0", _NUL)


def _csv(made: list[dict[str, Any]], rng: random.Random) -> bytes:
    text = io.StringIO()
    # Python 3.10's writer takes a NUL for the escape character it was not given: it is put in afterwards.
    made = [{name: _without_nul(value) for name, value in row.items()} for row in made]
    writer = csv.DictWriter(text, sorted({name for row in made for name in row}), quoting=rng.choice((0, 1)))
    writer.writeheader()
    writer.writerows(made)
    data = text.getvalue().replace(_NUL, "\0").encode("utf-8", "surrogatepass")
    return data + b'"' * rng.choice((0, 0, 1, 3)) + b",x" * rng.choice((0, 0, 10_000))


def _parquet(made: list[dict[str, Any]], rng: random.Random) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    texts = [str(row.get("question", "")).encode("utf-8", "replace").decode() for row in made]
    column: Any = rng.choice(
        (
            pa.array(texts),
            pa.array(texts, pa.large_string()),
            pa.array([text.encode("utf-8") + b"\xff" for text in texts], pa.binary()),
            pa.array(texts).dictionary_encode(),
            pa.array([[text] for text in texts]),
            pa.array([{"a": text} for text in texts]),
            pa.array([1.5] * len(texts)),
            pa.array([None] * len(texts), pa.string()),
            pa.nulls(len(texts)),
        )
    )
    table = pa.table({"question": column, "answer": pa.array(texts), "image": pa.array([bytes(100_000)] * len(texts))})
    if rng.random() < 0.2:
        table = pa.concat_tables([table] * 200)
    out = io.BytesIO()
    options: Any = {
        "compression": rng.choice(("none", "snappy", "gzip", "zstd")),
        "row_group_size": rng.choice((1, 1000)),
    }
    parquet.write_table(table, out, use_dictionary=rng.random() < 0.5, **options)
    return out.getvalue()


_WRITERS: dict[str, Callable[[list[dict[str, Any]], random.Random], bytes]] = {
    "jsonl": _jsonl,
    "jsonl.gz": _gz,
    "csv": _csv,
    "parquet": _parquet,
}

# States of a loader that no loader has saved.
STATES: tuple[Any, ...] = (
    {}, {"epoch": -1, "samples": 0}, {"epoch": 2**63, "samples": 0}, {"epoch": True, "samples": False},
    *({"order": value} for value in HOSTILE),
)  # fmt: skip

"""Rows of images and conversations, sound and damaged, as Parquet files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("conversations", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("data_source", pa.string()),
    ]
)


def picture(seed: int = 0, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A picture in which neighbouring pixels are alike, as in photographs."""
    width, height = size
    coarse = np.random.default_rng(seed).integers(0, 256, (max(height // 8, 1), max(width // 8, 1), 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """An image as the bytes of a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(seed: int = 0, size: tuple[int, int] = (64, 48)) -> bytes:
    return encoded(picture(seed, size), quality=90)


def turns(question: str = "<image>\nWhat is it?", answer: str = "A picture.") -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def row(identity: str | None, image: bytes | None = b"", **others: Any) -> dict[str, Any]:
    """A row; with a sound image unless another one, or None, is given."""
    data = jpeg() if image == b"" else image
    given = None if data is None else {"bytes": data, "path": "some.jpg"}
    return {"id": identity, "image": given, "conversations": turns(), "data_source": "made", **others}


def write_parquet(path: Path, rows: list[dict[str, Any]], group_rows: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path, row_group_size=group_rows)
    return path


DAMAGE = (
    "image_missing", "image_unreadable", "image_empty", "conversations_empty", "id_missing", "id_duplicate",
)  # fmt: skip


def damaged_rows(count: int, name: str = "row") -> list[dict[str, Any]]:
    """Rows of which every tenth has one of six kinds of damage, in turn."""
    images = [jpeg(seed) for seed in range(8)]
    rows = [row(f"{name}/{index:05d}.jpg", images[index % 8]) for index in range(count)]
    for place, index in enumerate(range(9, count, 10)):
        _damage(rows, index, DAMAGE[place % len(DAMAGE)])
    return rows


def damage_counts(count: int) -> dict[str, int]:
    """How many of such rows have which kind of damage."""
    kinds = [DAMAGE[place % len(DAMAGE)] for place in range(len(range(9, count, 10)))]
    return {kind: kinds.count(kind) for kind in DAMAGE if kind in kinds}


def _damage(rows: list[dict[str, Any]], index: int, kind: str) -> None:
    one = rows[index]
    if kind == "image_missing":
        one["image"] = None
    elif kind == "image_unreadable":
        whole = one["image"]["bytes"]
        one["image"] = {"bytes": whole[: len(whole) // 2], "path": "cut.jpg"}
    elif kind == "image_empty":
        one["image"] = {"bytes": b"", "path": None}
    elif kind == "conversations_empty":
        one["conversations"] = [] if index % 4 else turns(" ", "\n")
    elif kind == "id_missing":
        one["id"] = None
    else:
        one["id"] = rows[index - 5]["id"]

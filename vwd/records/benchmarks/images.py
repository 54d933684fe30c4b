"""A record's image: found in its row, beside the rows, or in the user's image roots; stored as a checked JPEG."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vwd.corpora.sample import Row, SkipCode
from vwd.limits import LARGEST_RECORD
from vwd.records.benchmarks.schema import ImageRef
from vwd.records.faults import FaultError
from vwd.records.jpeg import ImageError, to_jpeg
from vwd.records.keys import record_key
from vwd.storage.atomic import atomic_write_if_changed
from vwd.storage.regular import read_regular

ROOTS_HINT = "set VWD_IMAGE_ROOTS to the folders that hold it, with ':' between them"
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{64,}={0,2}\s*")
# Shorter text is a name.
_LEAST_BASE64 = 64


@dataclass(frozen=True)
class ImageFinder:
    """Where images are looked for that rows only name.

    Attributes:
        roots: in order; each, then its subfolders.
    """

    roots: tuple[Path, ...]

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """The roots that exist, each followed by its subfolders by name."""
        found: list[Path] = []
        for root in self.roots:
            if root.is_dir():
                inner = sorted(child for child in root.iterdir() if child.is_dir() and not child.name.startswith("."))
                found += [root, *inner]
        return tuple(found)

    def read(self, name: str) -> bytes:
        """The bytes of an image by the name that a row has for it. A name never leads out of a root.

        Raises:
            FaultError: it is in none of the roots, or cannot be read.
        """
        for folder in self.folders:
            if path := _below(folder, name):
                try:
                    return read_regular(path, LARGEST_RECORD)
                except (OSError, ValueError) as error:
                    raise FaultError(SkipCode.IMAGE_UNREADABLE, f"{path}: {error}") from error
        missing = [str(root) for root in self.roots if not root.is_dir()]
        nowhere = f"; {', '.join(missing)} do not exist" if missing else ""
        raise FaultError(SkipCode.IMAGE_MISSING, f"the image '{name:.200}' is in none of the image roots{nowhere}")


def image_bytes(value: Any, finder: ImageFinder) -> bytes | None:
    """The bytes of an image as a row has it: bytes, base64, a name, or an object with one of these; None for none.

    Raises:
        FaultError: it names an image that is not found, or holds something else.
    """
    if isinstance(value, Mapping):
        held = value.get("bytes")
        value = held if held is not None else value.get("path") or value.get("url")
    if isinstance(value, list):
        value = next((item for item in value if item), None)
        return image_bytes(value, finder)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise FaultError(SkipCode.IMAGE_UNREADABLE, f"an image cannot be {type(value).__name__}")
    decoded = _base64(value)
    return finder.read(value.strip()) if decoded is None else decoded


def is_address(value: Any) -> bool:
    """Whether an image is only an address on the network; nothing is fetched from there."""
    if isinstance(value, Mapping):
        value = value.get("url") if value.get("bytes") is None else None
    return isinstance(value, str) and value.startswith(("http://", "https://"))


@dataclass(frozen=True)
class ImageStore:
    """The folder of a benchmark's images, `<image_dir>/<dataset>`.

    Attributes:
        folder: as the user gave it: records name it.
    """

    folder: Path

    def put(self, split: str, identity: str, data: bytes, number: int = 1) -> ImageRef:
        """Stores an image as JPEG, under its split and its record's escaped id. The same content is left alone.

        Args:
            number: of several images of a record.

        Raises:
            FaultError: it is empty or not whole.
            OSError: it cannot be written.
        """
        if not data:
            raise FaultError(SkipCode.IMAGE_EMPTY, "the image has 0 bytes")
        try:
            jpeg = to_jpeg(data)
        except ImageError as error:
            raise FaultError(SkipCode.IMAGE_UNREADABLE, str(error)) from error
        suffix = f"_{number}" if number > 1 else ""
        path = self.folder / f"{record_key(split)}_{record_key(identity)}{suffix}.jpg"
        with atomic_write_if_changed(path, self.folder / ".tmp", lambda: None) as file:
            file.write(jpeg)
        return ImageRef("file", str(path), None, hashlib.sha1(jpeg, usedforsecurity=False).hexdigest())


def referenced(row: Row, column: str, reference: str, number: int) -> ImageRef | None:
    """A reference to an image that is not stored: the file, row and column that hold it, or its address."""
    value = row.get(column) if column else None
    if value is None or value == "":
        return None
    if is_address(value):
        return ImageRef("url", None, value["url"] if isinstance(value, Mapping) else value)
    return ImageRef("row", None, f"{reference}#row={number}&column={column}")


def _below(folder: Path, name: str) -> Path | None:
    """The file of a name in a folder; None where there is none, or it would be outside of it, also by a link."""
    root = os.path.realpath(folder)
    try:
        path = os.path.realpath(os.path.join(root, name))  # noqa: PTH118 - pathlib keeps ".."
        return Path(path) if path.startswith(root.rstrip("/") + "/") and os.path.isfile(path) else None  # noqa: PTH113
    except ValueError:  # no name of any file: it has a NUL, or half of a surrogate pair
        return None


def _base64(text: str) -> bytes | None:
    """The bytes that a cell of text holds, as tables in TSV have them; None for a name."""
    if text.startswith("data:image/"):
        text = text.partition(",")[2]
    if len(text) < _LEAST_BASE64 or not _BASE64.fullmatch(text):
        return None
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return None


def image_columns(row: Row, columns: tuple[str, ...]) -> Iterator[str]:
    """Those of several columns in which a row has an image."""
    return (name for name in columns if row.get(name) not in (None, "", b"", []))

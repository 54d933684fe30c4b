"""Writing reports: to a temporary name first, so that no reader sees half of one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vwd.storage.atomic import atomic_write


def write_json(path: Path, data: Any) -> None:
    """Writes one JSON document."""
    with _writer(path) as write:
        write(json.dumps(data, ensure_ascii=False, indent=1) + "\n")


@contextmanager
def lines_writer(path: Path) -> Iterator[Callable[[Any], None]]:
    """Yields a function that writes a record as a line of JSON; the file is there when the block ends well."""
    with _writer(path) as write:
        yield lambda record: write(json.dumps(record, ensure_ascii=False) + "\n")


@contextmanager
def list_writer(path: Path) -> Iterator[Callable[[Any], None]]:
    """The same, as one JSON list."""
    with _writer(path) as write:
        before = "[\n"

        def add(record: Any) -> None:
            nonlocal before
            write(before + json.dumps(record, ensure_ascii=False, indent=1))
            before = ",\n"

        yield add
        write("\n]\n" if before[0] == "," else "[]\n")


@contextmanager
def _writer(path: Path) -> Iterator[Callable[[str], None]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path, path.parent / ".tmp") as file:

        def write(text: str) -> None:
            # Names of files may hold bytes that are no UTF-8; the replacement is JSON's own escape for these.
            file.write(text.encode(errors="backslashreplace"))

        yield write

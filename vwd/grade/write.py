"""Writing reports: to a temporary name first, so that no reader sees half of one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vwd.storage.atomic import atomic_write


def write_json(path: Path, data: Any) -> None:
    """Writes one JSON document."""
    _write(path, json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def write_lines(path: Path, records: Iterable[Any]) -> None:
    """Writes a line of JSON for each record."""
    _write(path, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path, path.parent / ".tmp") as file:
        # Names of files may hold bytes that are no UTF-8; the replacement is JSON's own escape for these.
        file.write(text.encode(errors="backslashreplace"))

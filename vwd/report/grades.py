"""Verdicts on generated videos, from a file that `vwd grade` or anybody else has written.

The file holds lines of JSON (`vwd grade --samples`), or one document: a list of objects, or an object whose `verdicts`
(`vwd grade --out`) or `samples` is that list. Of each object these fields are read: `key`, and `verdict` ("right",
"wrong", "unjudged") or `right` (true, false, null); and, for people, `expected`, `found`, `differences`, `text`,
`why_not`, `detail`, and `file`: what was judged, a video, a picture or a folder of PNG files, absolute or relative to
the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from vwd.errors import UsageError
from vwd.limits import LARGEST_ENTRY
from vwd.storage.errors import reading_errors
from vwd.storage.regular import read_regular

Verdict = Literal["right", "wrong", "unjudged"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

_NOTE_LENGTH = 600
_HINT = "Give what 'vwd grade' has written with `out`, or a list of objects with 'key' and 'verdict'."


@dataclass(frozen=True)
class Grade:
    """One sample's verdict.

    Attributes:
        note: for people: what was expected and found, or why there is no verdict.
        file: what was judged; None where the report does not say.
    """

    key: str
    verdict: Verdict
    note: str = ""
    file: Path | None = None


def read_grades(path: Path) -> dict[str, Grade]:
    """The verdicts of a file by key; of two on one sample the last counts.

    Raises:
        UsageError: it is no JSON, or an object has no key or no verdict.
        OutputError: it cannot be read.
    """
    try:
        with reading_errors(path):
            text = read_regular(path, LARGEST_ENTRY).decode()
        found = [_grade(path.parent, one) for one in _objects(text)]
    except FileNotFoundError as error:
        raise UsageError(f"{path}: there is no such file", _HINT) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: {error}", _HINT) from error
    return {grade.key: grade for grade in found}


def _objects(text: str) -> Iterator[Any]:
    try:
        data = json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        yield from map(json.loads, lines)
        return
    if isinstance(data, dict) and "key" not in data:
        data = data.get("verdicts", data.get("samples"))
    data = [data] if isinstance(data, dict) else data
    if not isinstance(data, list):
        raise ValueError("holds no list of samples")
    yield from data


def _grade(folder: Path, data: Any) -> Grade:
    if not isinstance(data, dict) or not isinstance(data.get("key"), str):
        raise ValueError("a sample has no `key`")
    key, verdict = data["key"], data.get("verdict")
    if verdict is None and "right" in data:
        verdict = {True: "right", False: "wrong", None: "unjudged"}.get(data["right"])
    if verdict not in VERDICTS:
        raise ValueError(f"the verdict of '{key}' is none of {', '.join(VERDICTS)}")
    file = data.get("file")
    return Grade(key, verdict, _note(data), folder / file if isinstance(file, str) and file else None)


def _note(data: dict[str, Any]) -> str:
    parts = {name: data.get(name) for name in ("expected", "found", "differences", "why_not", "detail", "text")}
    if parts["found"] is not None or parts["differences"] is not None:
        parts["text"] = None
    if isinstance(parts["differences"], list):
        parts["differences"] = "; ".join(map(str, parts["differences"]))
    names = {"differences": "expected → found", "why_not": "not judged", "text": "read"}
    said = [f"{names.get(name, name)}: {value}" for name, value in parts.items() if value not in (None, "")]
    note = "; ".join(said)
    return note if len(note) <= _NOTE_LENGTH else f"{note[:_NOTE_LENGTH]}…"

"""JSONL tables of videos, as trainers of CogVideo's line take them: measured, or captioned anew."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vwd.errors import MediaError, TableError
from vwd.meta.captioners import Captioner
from vwd.meta.journal import Journal
from vwd.meta.media import probe
from vwd.meta.running import run_rows
from vwd.storage.atomic import atomic_write
from vwd.storage.tempfiles import temporary_folder

_LAST = "caps"


@dataclass
class JsonlResult:
    """What a run did.

    Attributes:
        left_out: lines without a place in the output, each with its reason.
        doubtful: lines of which a measure may be wrong, each with the reason.
    """

    written: int = 0
    left_out: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)


def add_measures(videos: Path, source: Path, output: Path, workers: int | None = None) -> JsonlResult:
    """Adds `num_frames`, `duration`, `width`, `height` and `fps` to each line; `caps`, where there is one, comes last.

    Raises:
        TableError: the file is missing, or no line of it could be written.
    """

    def work(row: Mapping[str, Any]) -> dict[str, Any]:
        info = probe(row["path"])
        if not info.frames or not info.fps:
            raise MediaError(info.doubt or f"{row['path']}: has no frames", "")
        return {
            "num_frames": info.frames, "duration": info.seconds, "width": info.width, "height": info.height,
            "fps": float(info.fps), "doubt": info.doubt,
        }  # fmt: skip

    def joined(row: dict[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
        measures = {name: value for name, value in result.items() if name != "doubt"}
        last = {_LAST: row[_LAST]} if _LAST in row else {}
        return {**{name: value for name, value in row.items() if name != _LAST}, **measures, **last}

    return _rewrite(videos, source, output, work, joined, "fps", {}, workers or os.cpu_count() or 1)


def recaption(
    videos: Path, source: Path, output: Path, captioner: Captioner, settings: dict[str, Any], key: str = "text_cogvlm2"
) -> JsonlResult:
    """Adds a caption to each line, under `key`; the lines stay in their order.

    Raises:
        TableError: the file is missing, or no line of it could be written.
        ServiceError: no server answers; what was captioned is kept.
    """

    def work(row: Mapping[str, Any]) -> dict[str, Any]:
        return {key: captioner.caption(dict(row))}

    return _rewrite(
        videos, source, output, work, lambda row, result: {**row, **result}, "caption", settings, captioner.workers
    )


def _rewrite(
    videos: Path,
    source: Path,
    output: Path,
    work: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    joined: Callable[[dict[str, Any], Mapping[str, Any]], dict[str, Any]],
    kind: str,
    settings: dict[str, Any],
    workers: int,
) -> JsonlResult:
    if not videos.is_dir():
        raise TableError(f"{videos}: there is no such folder", "Give the folder that the paths in the file are below.")
    if output.resolve() == source.resolve():
        raise TableError(f"{output} would be replaced by what is made of it", "Give another output.")
    result, failed = JsonlResult(), {}
    with Journal(output.with_name(f"{output.name}.{kind}.journal"), {**settings, "videos": str(videos)}) as journal:
        named = ((place, {**row, "path": str(videos / row["path"])}) for place, row in _lines(source, None))
        failed = run_rows(named, work, journal, workers).failed
        with temporary_folder(output.parent) as temp, atomic_write(output, temp) as file:
            for place, row in _lines(source, result.left_out):
                found = journal.result(place, str(videos / row["path"]), check_file=False)
                if found is None:
                    result.left_out.append(f"line {place + 1}: {failed.get(place, 'has no result')}")
                    continue
                if doubt := found.get("doubt"):
                    result.doubtful.append(f"line {place + 1}: {doubt}")
                file.write((json.dumps(joined(row, found), ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass"))
                result.written += 1
    return result


def _lines(source: Path, problems: list[str] | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows by the numbers of their lines, from 0; the others are named among the problems."""
    try:
        file = source.open("rb")
    except OSError as error:
        raise TableError(f"{source}: {error.strerror}", "Check the path.") from error
    with file:
        for place, line in enumerate(file):
            row = _row(line)
            if isinstance(row, dict):
                yield place, row
            elif problems is not None:
                problems.append(f"line {place + 1}: {row}")


def _row(line: bytes) -> dict[str, Any] | str:
    """A line's row, or what is wrong with it."""
    if not line.strip():
        return "blank"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"no JSON: {error}"
    if isinstance(row, dict) and isinstance(row.get("path"), str) and row["path"]:
        return row
    return "has no path"

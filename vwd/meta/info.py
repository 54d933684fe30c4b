"""The measures of videos as columns: frames, height, width, rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vwd.meta.media import ORIGIN, probe
from vwd.meta.tables import Row

COLUMNS = ("num_frames", "height", "width", "aspect_ratio", "fps", "resolution")
HEADER_FRAMES = "num_frames_header"


def measure(path: str, check: bool) -> dict[str, Any]:
    """A video's columns as JSON, with `doubt` and `origin` beside them; a file that cannot be opened has 0 frames.

    `aspect_ratio` is height by width and `resolution` height times width, as trainers of such tables have it.
    """
    info = probe(path, check)
    return {
        "num_frames": info.frames if info.decoded is None else info.decoded,
        "height": info.height,
        "width": info.width,
        "aspect_ratio": info.height / info.width if info.width else None,
        "fps": float(info.fps) if info.fps else None,
        "resolution": info.height * info.width,
        HEADER_FRAMES: info.frames if check else None,
        "doubt": info.doubt,
        "origin": info.origin,
    }


def columns(check: bool, clips: bool) -> tuple[str, ...]:
    """The names of the columns that measuring adds."""
    return (*COLUMNS, *((HEADER_FRAMES,) if check else ()), *(ORIGIN if clips else ()))


def measured(row: Row, result: Mapping[str, Any], check: bool) -> Row:
    """A row with its measures; where a clip comes from is added unless the row has it."""
    added = {name: result[name] for name in columns(check, False)}
    return {**row, **added, **{name: value for name, value in (result["origin"] or {}).items() if not row.get(name)}}

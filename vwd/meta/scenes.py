"""Cuts found in videos by PySceneDetect's AdaptiveDetector: scenes as frame numbers, and as times."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from vwd.errors import MediaError, MissingExtraError, TableError
from vwd.meta.journal import Journal
from vwd.meta.media import decoded_frames, opened
from vwd.meta.names import beside
from vwd.meta.running import Progress, run_rows
from vwd.meta.tables import open_table, write_table

COLUMNS = ("timestamp", "scene_frames", "scene_fps")


def detect_scenes(
    table: Path,
    output: Path | None = None,
    threshold: float = 3.0,
    workers: int | None = None,
    on_row: Callable[[], None] = lambda: None,
) -> tuple[Path, Progress]:
    """Adds to each video its scenes: by default to `<table>_timestamp.csv`.

    `timestamp` has them as a list of times, `[('00:00:00.000', '00:00:02.500'), …]`, and `scene_frames` as ranges of
    frames, `0-75 75-150`, the end not included; these are exact, and what clips are cut by.

    Raises:
        TableError: the table is missing, damaged or has no paths.
    """
    source = open_table(table)
    source.require("path", hint="Make it with 'vwd meta scan'.")
    output = output or beside(table, "_timestamp")

    def work(row: dict[str, Any]) -> dict[str, Any]:
        return _columns(row["path"], threshold)

    with Journal(output.with_name(f"{output.name}.scenes.journal"), {"threshold": threshold}) as journal:
        progress = run_rows(enumerate(source.rows()), work, journal, workers or os.cpu_count() or 1, on_row)
        rows = (
            {**row, **found}
            for place, row in enumerate(source.rows())
            if (found := journal.result(place, row["path"], check_file=False)) is not None
        )
        write_table(output, tuple(dict.fromkeys((*source.columns, *COLUMNS))), rows, source.types)
    progress.write_failed(output)
    return output, progress


def scene_frames(path: str | Path, threshold: float = 3.0) -> tuple[list[tuple[int, int]], Fraction]:
    """The scenes of a video as ranges of frame numbers, and its frame rate. One without a cut is one scene.

    Raises:
        MediaError: no frame can be decoded, or the video has no frame rate.
        MissingExtraError: PySceneDetect is not installed.
    """
    try:
        from scenedetect import AdaptiveDetector, FrameTimecode
    except ImportError as error:
        raise MissingExtraError("finding scenes", "meta") from error
    detector, cuts, count = AdaptiveDetector(adaptive_threshold=threshold), [], 0
    with opened(path) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate or stream.guessed_rate
        if not rate:
            raise MediaError(f"{path}: has no frame rate", "Check the file with ffprobe.")
        for frame in decoded_frames(container):
            image = frame.reformat(*_size(frame), format="bgr24").to_ndarray()
            cuts += detector.process_frame(FrameTimecode(count, fps=rate), image)
            count += 1
        if not count:
            raise MediaError(f"{path}: no frame can be decoded", "'vwd meta info' drops such rows with `fmin` 1.")
        cuts += detector.post_process(FrameTimecode(count - 1, fps=rate))
    borders = [0, *sorted({cut.frame_num for cut in cuts if 0 < cut.frame_num < count}), count]
    return list(pairwise(borders)), rate


def clock(frame: int, rate: Fraction) -> str:
    """When a frame begins, in hours, minutes, seconds and milliseconds."""
    milliseconds = round(frame / rate * 1000)
    seconds, milliseconds = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{milliseconds:03d}"


def parse_frames(text: str) -> list[tuple[int, int]]:
    """Reads what `scene_frames` has.

    Raises:
        TableError: it is something else.
    """
    scenes = []
    for part in text.split():
        start, _, end = part.partition("-")
        if not (start.isdecimal() and end.isdecimal() and int(start) < int(end)):
            raise TableError(
                f"scene_frames: {part!r} is no range of frames", "It is like 0-75; detect the scenes again."
            )
        scenes.append((int(start), int(end)))
    return scenes


def _columns(path: str, threshold: float) -> dict[str, Any]:
    scenes, rate = scene_frames(path, threshold)
    return {
        "timestamp": str([(clock(start, rate), clock(end, rate)) for start, end in scenes]),
        "scene_frames": " ".join(f"{start}-{end}" for start, end in scenes),
        "scene_fps": f"{rate.numerator}/{rate.denominator}",
    }


def _size(frame: Any) -> tuple[int, int]:
    """Large pictures are judged at about 256 pixels across, as PySceneDetect does."""
    factor = max(1, frame.width // 256)
    return max(1, frame.width // factor), max(1, frame.height // factor)

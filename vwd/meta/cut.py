"""Videos cut into one clip a scene, exact to the frame, with their sound."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

from vwd.errors import MediaError, TableError
from vwd.meta.clip_writer import ClipForm, ClipWriter, Sound
from vwd.meta.journal import Journal
from vwd.meta.media import decoded_frames, opened
from vwd.meta.merge import distinct
from vwd.meta.names import beside
from vwd.meta.running import Progress, run_rows
from vwd.meta.scan import ENDINGS
from vwd.meta.scenes import parse_frames
from vwd.meta.tables import Row, Table, open_table, write_table
from vwd.storage.atomic import atomic_path
from vwd.storage.tempfiles import temporary_folder

# Every ending in any case.
_SPELLED = [
    "".join(letters) for ending in sorted(ENDINGS) for letters in product(*({one, one.upper()} for one in ending))
]
COLUMNS = ("path", "id", "relpath", "source", "scene", "start_frame", "end_frame")


@dataclass(frozen=True)
class Scene:
    """A scene of a video, by its number and frames, and where its clip goes."""

    number: int
    start: int
    end: int
    path: Path


@dataclass(frozen=True)
class CutResult:
    """What a run did, and the table of all clips."""

    output: Path
    clips: int
    progress: Progress


def cut(
    table: Path,
    save_dir: Path,
    form: ClipForm | None = None,
    min_seconds: float | None = None,
    max_seconds: float | None = None,
    output: Path | None = None,
    workers: int | None = None,
    on_row: Callable[[], None] = lambda: None,
) -> CutResult:
    """Writes `<save_dir>/<folder>/<name>_scene-<i>.mp4` for each scene, and the table `<table>_clips.csv`.

    Folders are those of `relpath`; where there is none, or several videos share one, as after a merge, they are those
    below what all paths have in common. A clip's source, scene and frames are columns, and in its own header.

    Args:
        min_seconds, max_seconds: shorter scenes are left out; longer ones end there.

    Raises:
        TableError: the table has no scenes, or they cannot be read.
    """
    source, form = open_table(table), form or ClipForm()
    source.require("path", hint="Make it with 'vwd meta scan'.")
    if "scene_frames" not in source.columns:
        source.require("timestamp", hint="Run 'vwd meta scenes' on it first.")
    root = None if _relpaths_differ(source) else _common_folder(source)
    output = output or beside(table, "_clips")
    limits = (min_seconds, max_seconds)

    def work(row: Row) -> dict[str, Any]:
        return {"clips": cut_video(row, save_dir, _relative(row, root), form, limits)}

    settings = {**asdict(form), "min_seconds": min_seconds, "max_seconds": max_seconds, "save_dir": str(save_dir)}
    journalled = Journal(output.with_name(f"{output.name}.cut.journal"), settings)
    with journalled as journal, temporary_folder(save_dir):
        rows = list_present(source, journal)
        progress = run_rows(rows, work, journal, workers or os.cpu_count() or 1, on_row)
        clips = write_table(output, COLUMNS, _clips(source, journal))
    progress.write_failed(output)
    return CutResult(output, clips, progress)


def list_present(source: Table, journal: Journal) -> Iterator[tuple[int, Row]]:
    """The rows; one whose clips are no longer there is done again."""
    for place, row in enumerate(source.rows()):
        done = journal.result(place, row["path"])
        if done and not all(Path(clip["path"]).is_file() for clip in done["clips"]):
            journal.forget(place)
        yield place, row


def _clips(source: Table, journal: Journal) -> Iterator[Row]:
    for place, row in enumerate(source.rows()):
        done = journal.result(place, row["path"], check_file=False)
        yield from done["clips"] if done else ()


def cut_video(
    row: Row, save_dir: Path, relative: str, form: ClipForm, limits: tuple[float | None, float | None] = (None, None)
) -> list[Row]:
    """Writes the clips of one video. Returns their rows.

    Raises:
        MediaError: it cannot be decoded up to the end of its last scene, or a clip cannot be written.
        TableError: the row's scenes cannot be read.
    """
    import av

    path = row["path"]
    with ExitStack() as stack:
        container = stack.enter_context(opened(path))
        rate = container.streams.video[0].average_rate or container.streams.video[0].guessed_rate
        if not rate:
            raise MediaError(f"{path}: has no frame rate", "Check the file with ffprobe.")
        folder, stem = os.path.split(_stem(path, relative))
        scenes = _limited(_scenes(row, rate), rate, *limits)
        places = [
            Scene(number, start, end, save_dir / folder / f"{stem}_scene-{number}.mp4") for number, start, end in scenes
        ]
        sound = None
        if form.audio and container.streams.audio:
            sound = Sound(stack.enter_context(opened(path)))
        try:
            _write(container, sound, places, form, rate, path, save_dir / ".tmp")
        except (av.FFmpegError, ValueError) as error:  # PyAV raises both for what FFmpeg refuses
            raise MediaError(f"{path}: a clip cannot be made: {error}", "Check the file with ffprobe.") from error
    return [
        {
            "path": str(scene.path), "id": os.path.splitext(os.path.relpath(scene.path, save_dir))[0],  # noqa: PTH122
            "relpath": os.path.relpath(scene.path, save_dir), **_origin(path, scene),
        }
        for scene in places
    ]  # fmt: skip


def _origin(path: str, scene: Scene) -> dict[str, Any]:
    return {"source": path, "scene": scene.number, "start_frame": scene.start, "end_frame": scene.end}


def _write(
    container: Any, sound: Sound | None, scenes: Sequence[Scene], form: ClipForm, rate: Fraction, path: str, temp: Path
) -> None:
    """One pass over the video, a clip at a time, each in the folder `temp` until it is complete."""
    frames = enumerate(decoded_frames(container))
    stream = container.streams.video[0]
    # Some files' clocks do not begin at 0; the sound's is the same clock.
    begin = (stream.start_time or 0) * stream.time_base
    for scene in scenes:
        scene.path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(scene.path, temp) as unfinished:
            writer, last = None, -1
            try:
                for last, frame in frames:
                    if last < scene.start:
                        continue
                    if writer is None:
                        writer = ClipWriter(unfinished, form, rate, (frame.width, frame.height), _origin(path, scene))
                        if sound:
                            writer.add_sound(sound.rate, sound.layout)
                            sound.until(begin + scene.start / rate)
                    writer.frame(frame)
                    if sound:
                        writer.sound(sound.until(begin + (last + 1) / rate))
                    if last + 1 == scene.end:
                        break
                if last + 1 != scene.end or writer is None:
                    raise MediaError(
                        f"{path}: scene {scene.number} ends with frame {scene.end - 1}, and the video before that",
                        "Detect its scenes again.",
                    )
                writer.close()
            except BaseException:  # also Ctrl-C: the encoder lets go of the file, which is then removed
                if writer:
                    writer.abandon()
                raise


def _scenes(row: Row, rate: Fraction) -> list[tuple[int, int]]:
    """As frames where the table has them, else from the times of a table that another program made."""
    if row.get("scene_frames"):
        return parse_frames(row["scene_frames"])
    text = row.get("timestamp") or "[]"
    try:
        times = ast.literal_eval(text)  # values only: nothing in a table is run
        return [(round(_seconds(start) * rate), round(_seconds(end) * rate)) for start, end in times]
    except (ValueError, SyntaxError, TypeError, AttributeError, MemoryError, RecursionError) as error:
        raise TableError(
            f"{row['path']}: timestamp {text[:80]!r} is no list of scenes", "Run 'vwd meta scenes' again."
        ) from error


def _seconds(text: str) -> Fraction:
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)


def _limited(
    scenes: Sequence[tuple[int, int]], rate: Fraction, shortest: float | None, longest: float | None
) -> Iterator[tuple[int, int, int]]:
    for number, (start, end) in enumerate(scenes):
        if longest is not None:
            end = min(end, start + max(1, round(Fraction(longest) * rate)))
        if shortest is None or (end - start) / rate >= shortest:
            yield number, start, end


def _stem(path: str, relative: str) -> str:
    """A video's place less its ending; with it, where another video in its folder differs in nothing else."""
    stem, ending = os.path.splitext(relative)  # noqa: PTH122
    mine = Path(path)
    twins = (mine.with_suffix(one) for one in _SPELLED if one != mine.suffix)
    return f"{stem}{ending.replace('.', '_')}" if any(twin.is_file() for twin in twins) else stem


def _relpaths_differ(source: Table) -> bool:
    """Whether no two videos have one `relpath`. Eight bytes of memory a row, and as much again for a moment."""
    if "relpath" not in source.columns:
        return False
    return distinct(source.values("relpath")) == distinct(source.values("path"))


def _common_folder(source: Table) -> str:
    common: str | None = None
    for row in source.rows():
        folder = os.path.dirname(os.path.abspath(row["path"]))  # noqa: PTH100, PTH120 (links stay as they are)
        common = folder if common is None else os.path.commonpath([common, folder])
    return common or ""


def _relative(row: Row, root: str | None) -> str:
    relative = row["relpath"] if root is None else os.path.relpath(os.path.abspath(row["path"]), root)  # noqa: PTH100
    if os.path.isabs(relative) or ".." in Path(relative).parts:  # noqa: PTH117
        raise TableError(
            f"{row['path']}: relpath {relative} leads out of the folder of clips", "Scan the videos again."
        )
    return str(relative)

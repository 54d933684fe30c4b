"""For CogVideoX's trainer (sat): videos in a folder, a JSONL of captions, and captions beside the videos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from vwd.errors import UsageError
from vwd.export.folder import ExportFolder, ExportResult
from vwd.export.layouts import SAT_JSONL, SAT_LABEL
from vwd.export.options import ALL, ExportOptions
from vwd.export.writer import export_layout
from vwd.shards.paths import OutputPaths
from vwd.shards.storyboard_json import StoryboardRecord
from vwd.storage.regular import real_path


@dataclass(frozen=True)
class Clip:
    """The clip that the trainer takes from a video, as in its settings; the defaults are for CogVideoX 2B and 5B.

    Attributes:
        frames: `max_num_frames`, how many the model sees.
        fps: how many a second of the video's time.
        skip: `skip_frms_num`, how many of the video's own frames it skips at either end.
    """

    frames: int = 49
    fps: float = 8.0
    skip: int = 3

    def seconds(self, video_fps: float) -> float:
        """How long a video must be to fill the clip; the trainer's own formula (`required_duration`)."""
        return self.frames / self.fps + 2 * self.skip / video_fps


@dataclass(frozen=True)
class SatResult(ExportResult):
    """What an export did, and whether the trainer can use it.

    Attributes:
        too_short: videos that do not fill the clip.
        seconds, seconds_needed: of the longest of those, and what the clip needs of it; 0 where there is none.
    """

    too_short: int = 0
    seconds: float = 0.0
    seconds_needed: float = 0.0


class _Shortage:
    """Counts the videos that are too short for a clip."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self.count, self.seconds, self.needed = 0, 0.0, 0.0

    def add(self, record: StoryboardRecord) -> None:
        needed = self._clip.seconds(record.fps)
        if record.seconds < needed:
            self.count += 1
            self.seconds, self.needed = max((self.seconds, self.needed), (record.seconds, needed))


def export_sat(
    paths: OutputPaths,
    base_dir: Path,
    options: ExportOptions = ALL,
    on_sample: Callable[[], None] = lambda: None,
    clip: Clip | None = None,
    labels: str | None = None,
) -> SatResult:
    """Unpacks videos to `<base>/<dataset>/video/`, and writes `<dataset>_<task>_sat_<start_idx>.jsonl`.

    A line a video: its path in the video folder, its dimensions, and its caption. One file holds all shards' rows, or
    those of the slice; there is one for each task, whose prompt is the caption.

    Args:
        clip: what the trainer needs of a video; those too short are counted.
        labels: also writes this task's prompt to `<key>.txt` beside each video, on one line.

    Raises:
        ShardError: a tar is not the one of its ledger entry, or has members that no shard should have; nothing was
            taken from it.
        OutputError: no shard holds rows of the slice, or the base folder cannot be written.
        UsageError: the trainer would not find the labels in this folder.
    """
    if labels:
        _check_label_place(real_path(base_dir / paths.dataset))
    shortage = _Shortage(clip or Clip())
    layout = replace(SAT_JSONL, beside=(replace(SAT_LABEL, task=labels),) if labels else ())
    result = export_layout(paths, base_dir, layout, options, on_sample, shortage.add).plain()
    return SatResult(**vars(result), too_short=shortage.count, seconds=shortage.seconds, seconds_needed=shortage.needed)


def _label(video: Path) -> Path:
    """Where the trainer looks for a video's caption (`SFTDataset` in sat/data_video.py)."""
    return Path(str(video).replace(".mp4", ".txt").replace("videos", "labels"))


def _check_label_place(folder: Path) -> None:
    video = ExportFolder(folder).video("key")
    if _label(video) != video.with_suffix(".txt"):
        raise UsageError(
            f"{folder}: sat replaces 'videos' in a path by 'labels', and '.mp4' by '.txt', to find the captions",
            "Give a `base_dir` whose path holds neither word, or leave out `labels`.",
        )

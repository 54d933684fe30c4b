"""How a corpus is packed: what a user chooses."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from vwd.limits import MAX_ROW_BYTES
from vwd.shards.exclusions import Exclusions
from vwd.shards.parts import PART_ROWS
from vwd.text.spec import StoryboardSpec
from vwd.video.encoders import DEFAULT_CACHE_MB, DEFAULT_ENCODER
from vwd.video.spec import VideoSpec


@dataclass(frozen=True)
class PackSettings:
    """How a corpus is packed.

    Attributes:
        out: the output's base folder; the shards go to `<out>/<dataset>`.
        shard_size: rows a shard.
        start_idx, num_samples: the slice of rows; all by default.
        shards: the numbers of the only shards to pack; None for all of the slice.
        task, num_tasks: this task's part of those, in whole shards.
        num_workers: processes.
        part_rows: of a part, about, where several of them share a shard: early ones are put together while later ones
            are rendered. Changes no byte.
        check: compare the sha256 of shards that are complete, and pack again those that differ.
        quality: the mpeg4 encoder's quantiser; None for its default.
        encoder_version: of that encoder, whose bytes it makes; None for that of an output which is resumed, else the
            latest.
        cache_mb: how many megabytes that encoder may keep between videos, in each worker; changes no byte.
        shuffle_seed: shuffles the rows before they are sharded; None leaves them in order.
        sat_meta: gives every sample an `id` member, for CogVideoX's trainer.
        caption: gives every sample a `txt` member, the prompt of this task; "" for none.
        exclude: rows that are not to be packed.
        max_row_bytes: larger rows are skipped unread; of a line in a file, or of the columns that are read.
        force_language: pack rows that are clearly in another language than the corpus's.
        append: the rows may be those of the output and more behind them, which are then added to it.
        staging: a local folder where shards are written before they are uploaded, with `out` in object storage; one
            in TMPDIR by default.
    """

    out: Path = Path("shards")
    shard_size: int = 1000
    start_idx: int = 0
    num_samples: int | None = None
    shards: tuple[int, ...] | None = None
    task: int = 0
    num_tasks: int = 1
    num_workers: int = 1
    part_rows: int = PART_ROWS
    check: bool = False
    encoder: str = DEFAULT_ENCODER
    quality: int | None = None
    encoder_version: str | None = None
    cache_mb: int = DEFAULT_CACHE_MB
    video: VideoSpec = field(default_factory=VideoSpec)
    storyboard: StoryboardSpec = field(default_factory=StoryboardSpec)
    shuffle_seed: int | None = None
    sat_meta: bool = False
    caption: str = ""
    exclude: Exclusions = field(default_factory=Exclusions)
    staging: Path | None = None
    max_row_bytes: int = MAX_ROW_BYTES
    force_language: bool = False
    append: bool = False

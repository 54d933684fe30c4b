"""`vwd export-sat`: shards to a video folder and the captions that CogVideoX's trainer takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from vwd.cli.command import Real, VwdCommand, echo
from vwd.cli.export.common import Request, export_all, request_options, tasks_option

if TYPE_CHECKING:
    from vwd.export.sat import SatResult


@click.command(cls=VwdCommand, name="export-sat")
@request_options
@tasks_option
@click.option(
    "--labels",
    type=click.Choice(["inference", "rendering"]),
    help="Write this task's prompt beside each video too, as <key>.txt on one line.  [default: none]",
)
@click.option(
    "--train-frames",
    type=click.IntRange(1),
    default=49,
    show_default=True,
    help="Frames of a clip in training (max_num_frames); 81 for CogVideoX 1.5.",
)
@click.option(
    "--train-fps",
    type=Real(0, min_open=True),
    default=8,
    show_default=True,
    help="Frames a second in training (fps); 16 for CogVideoX 1.5.",
)
@click.option(
    "--train-skip",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="The video's own frames skipped at either end in training (skip_frms_num).",
)
@click.pass_context
def sat(
    ctx: click.Context,
    request: Request,
    tasks: tuple[str, ...],
    labels: str | None,
    train_frames: int,
    train_fps: float,
    train_skip: int,
) -> None:
    """Unpack OUT to videos in a folder and a JSONL of captions for sat, CogVideoX's trainer.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    <dataset>_<task>_sat_<start>.jsonl has the rows of all shards, or those of the slice that --start-idx and
    --num-samples name; --task chooses whose prompt is the caption; both gives two files.
    Warns of videos that are too short for the clips of --train-frames at --train-fps.
    Running it twice changes nothing; after an interruption it resumes.
    """
    from vwd.export.sat import Clip, export_sat

    def warn(result: SatResult) -> None:
        if result.too_short:
            echo(
                f"{result.dataset}: {result.too_short:,} videos of {result.seconds:.2f} s are too short for "
                f"{train_frames} frames at {train_fps:g} a second, which take {result.seconds_needed:.2f} s: "
                "sat skips them or samples them differently; pack longer videos, or train on fewer frames",
                err=True,
            )

    clip = Clip(train_frames, train_fps, train_skip)
    export_all(ctx, request, export_sat, remark=warn, options=request.options(tasks), clip=clip, labels=labels)

"""`vwd meta cut`: a clip a scene."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from vwd.cli.command import LocalPath, Real, VwdCommand, json_option
from vwd.cli.meta.common import TABLE, report, workers_option


def form_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what clips are like."""
    for option in (
        click.option("--save-dir", "--save_dir", "save_dir", type=LocalPath(file_okay=False),
                     required=True, help="Where the clips go."),
        click.option("--target-fps", "--target_fps", "target_fps", type=Real(0, min_open=True),
                     help="Frames a second.  [default: as the video]"),
        click.option("--shorter-size", "--shorter_size", "shorter_size", type=click.IntRange(2),
                     help="Shorter side in pixels, for larger videos.  [default: as the video]"),
        click.option("--audio/--no-audio", default=True, show_default=True, help="Keep the sound."),
        click.option("--min-seconds", "--min_seconds", "min_seconds", type=Real(),
                     help="Leave shorter scenes out.  [default: none]"),
        click.option("--max-seconds", "--max_seconds", "max_seconds", type=Real(0, min_open=True),
                     help="End longer scenes there.  [default: none]"),
        workers_option,
    ):  # fmt: skip
        command = option(command)
    return command


@click.command(cls=VwdCommand)
@click.argument("table", type=TABLE)
@form_options
@click.option("--output", type=TABLE, help="The table of clips.  [default: <table>_clips.csv]")
@json_option
@click.pass_context
def cut(ctx: click.Context, /, table: Path, output: Path | None, as_json: bool, **options: Any) -> None:
    """Cut the videos of TABLE into a clip a scene, exact to the frame, with their sound.

    Clips keep the video's size and rate, and its folder. Where each comes from stands in the table of clips, and in
    the clip. Running it again after an interruption resumes.
    """
    cut_table(ctx, table, output=output, as_json=as_json, **options)


def cut_table(
    ctx: click.Context, table: Path, save_dir: Path, target_fps: float | None, shorter_size: int | None, audio: bool,
    min_seconds: float | None, max_seconds: float | None, workers: int | None, output: Path | None = None,
    as_json: bool = False,
) -> None:  # fmt: skip
    """Cuts, and tells how it went; exits with 1 where a video could not be cut."""
    from vwd.cli.progress import Progress
    from vwd.meta.clip_writer import ClipForm
    from vwd.meta.cut import cut
    from vwd.meta.names import existing
    from vwd.meta.tables import open_table

    form = ClipForm(target_fps, shorter_size, audio)
    table = existing(table)
    with Progress("cut", open_table(table).count, "videos") as bar:
        result = cut(table, save_dir, form, min_seconds, max_seconds, output, workers, bar.add)
    report(table, result.output, result.progress, as_json, clips=result.clips)
    if result.progress.failed:
        ctx.exit(1)

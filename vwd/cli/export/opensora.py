"""`vwd export-opensora`: shards to a video folder and the CSV that Open-Sora's trainer takes."""

from __future__ import annotations

import click

from vwd.cli.command import VwdCommand
from vwd.cli.export.common import Request, export_all, request_options, tasks_option


@click.command(cls=VwdCommand, name="export-opensora")
@request_options
@tasks_option
@click.pass_context
def opensora(ctx: click.Context, request: Request, tasks: tuple[str, ...]) -> None:
    """Unpack OUT to videos in a folder and a CSV for Open-Sora: path, id, text, and the video's dimensions.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    The trainer takes one CSV: <dataset>_<task>_opensora_<start>.csv has the rows of all shards, or those of the
    slice that --start-idx and --num-samples name. --task chooses whose prompt is the text; both gives two files.
    Running it twice changes nothing; after an interruption it resumes.
    """
    from vwd.export.opensora import export_opensora

    export_all(ctx, request, export_opensora, options=request.options(tasks))

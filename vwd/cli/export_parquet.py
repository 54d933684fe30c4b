"""`vwd export-parquet`: shards to Parquet files, a row a sample."""

from __future__ import annotations

import click

from vwd.cli.command import VwdCommand
from vwd.cli.exporting import Request, export_all, request_options


@click.command(cls=VwdCommand, name="export-parquet")
@request_options
@click.option(
    "--with-video",
    is_flag=True,
    help="With the videos' bytes in a column; as large as the shards.  [default: off]",
)
@click.pass_context
def export_parquet(ctx: click.Context, request: Request, with_video: bool) -> None:
    """Write the samples of OUT to Parquet: prompts, question, answer, and the figures of each video.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    One file a shard in <base>/<dataset>/parquet, or one for the slice that --start-idx and --num-samples name.
    Running it twice changes nothing; after an interruption it goes on.
    """
    from vwd.export.parquet import export_parquet as export

    export_all(ctx, request, export, unchanged="files", with_video=with_video)

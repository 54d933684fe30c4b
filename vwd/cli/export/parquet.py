"""`vwd export-parquet`: shards to Parquet files, a row a sample."""

from __future__ import annotations

import click

from vwd.cli.command import VwdCommand
from vwd.cli.export.common import Request, export_all, request_options


@click.command(cls=VwdCommand, name="export-parquet")
@request_options
@click.option(
    "--with-video",
    is_flag=True,
    help="Add a column with the videos' bytes; as large as the shards.  [default: off]",
)
@click.pass_context
def parquet(ctx: click.Context, request: Request, with_video: bool) -> None:
    """Write the samples of OUT to Parquet: prompts, question, answer, and the numbers of each video.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    One file a shard in <base>/<dataset>/parquet, or one for the slice that --start-idx and --num-samples name.
    Running it twice changes nothing; after an interruption it resumes.
    """
    from vwd.export.parquet import export_parquet

    export_all(
        ctx, request, export_parquet, unchanged="files", start_idx=request.start_idx, num_samples=request.num_samples,
        check=request.check, with_video=with_video,
    )  # fmt: skip

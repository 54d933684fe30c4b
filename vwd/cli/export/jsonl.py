"""`vwd export-jsonl`: shards to the documented video folder and JSONL files."""

from __future__ import annotations

import click

from vwd.cli.command import VwdCommand, shards_option
from vwd.cli.export.common import Request, export_all, request_options, tasks_option


@click.command(cls=VwdCommand, name="export-jsonl")
@request_options
@tasks_option
@shards_option
@click.pass_context
def jsonl(ctx: click.Context, request: Request, tasks: tuple[str, ...], shards: str | None) -> None:
    """Unpack OUT to videos in a folder and JSONL files that point at them.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    One pair of JSONL files a shard, or one for the slice that --start-idx and --num-samples name.
    Running it twice changes nothing; after an interruption it resumes.
    """
    from vwd.export.jsonl import export_jsonl
    from vwd.shards.ranges import load_ranges

    export_all(ctx, request, export_jsonl, options=request.options(tasks, shards=load_ranges(shards)))

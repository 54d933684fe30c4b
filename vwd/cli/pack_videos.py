"""`vwd pack-videos`: a table of clips and captions to shards."""

from __future__ import annotations

import re
from pathlib import Path

import click

from vwd.cli.command import LocalPath, OutputPath, VwdCommand, Workers, echo, json_option
from vwd.cli.pack_report import report_packed


@click.command(cls=VwdCommand, name="pack-videos")
@click.argument("table", type=LocalPath(dir_okay=False))
@click.option("--caption-column", default="text", show_default=True, help="Whose text is the caption.")
@click.option("--path-column", default="path", show_default=True, help="Where the video is.")
@click.option("--name", help="The output's name.  [default: the table's]")
@click.option("--shard-size", type=click.IntRange(1), default=1000, show_default=True, help="Rows a shard.")
@click.option(
    "--out", type=OutputPath(), default="shards", show_default=True,
    help="The output's base folder, or s3://bucket/prefix (extra s3); the shards go to <out>/<name>.",
)  # fmt: skip
@click.option("--start-idx", type=int, default=0, show_default=True, help="First row; a multiple of the shard size.")
@click.option("--num-samples", type=int, help="How many rows from there on.  [default: all]")
@click.option("--num-workers", type=Workers(), help="Worker processes.  [default: one a CPU]")
@click.option("--shuffle-seed", type=int, help="Shuffle the rows by this seed.  [default: in order]")
@click.option("--check", is_flag=True, help="Pack complete shards again whose checksums differ.  [default: off]")
@json_option
@click.pass_context
def pack_videos(
    ctx: click.Context, table: Path, caption_column: str, path_column: str, name: str | None, shard_size: int,
    out: Path, start_idx: int, num_samples: int | None, num_workers: int | None, shuffle_seed: int | None, check: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Pack the videos of TABLE and their captions as WebDataset shards.

    A sample has the video file as it is, and a JSON of its text, frames, size, rate and where it was cut from. Videos
    are decoded once to be sure of their frames. The same command again resumes where the last one stopped.
    """
    from vwd.cli.progress import Progress
    from vwd.corpora.sources.open import open_file
    from vwd.errors import TableError
    from vwd.meta.clips import Clips
    from vwd.meta.names import existing
    from vwd.packing import pack_content
    from vwd.shards.cpus import default_workers
    from vwd.shards.settings import PackSettings

    table = existing(table)
    if not table.is_file():
        raise TableError(f"{table}: there is no such table", "Check the path; an earlier step may have failed.")
    rows = open_file(table)
    dataset = name or re.sub(r"[^A-Za-z0-9_-]+", "_", table.stem).strip("_-") or "clips"
    content = Clips(dataset, shard_size, caption_column, path_column, shuffle_seed, columns=tuple(rows.columns))
    settings = PackSettings(
        out=out, shard_size=shard_size, start_idx=start_idx, num_samples=num_samples, check=check,
        num_workers=num_workers or default_workers(), shuffle_seed=shuffle_seed,
    )  # fmt: skip
    with Progress(dataset, rows.count or 0, "rows") as bar:
        packed = pack_content(
            content, rows, settings,
            lambda plan: echo(f"{dataset}: {len(plan.to_pack):,} of {len(plan.shards):,} shards to pack", err=True),
            bar.add,
        )  # fmt: skip
    report_packed(ctx, packed, as_json)

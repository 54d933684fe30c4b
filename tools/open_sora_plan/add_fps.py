"""`python tools/open_sora_plan/add_fps.py VIDEO_FOLDER IN.jsonl OUT.jsonl`: measures in a JSONL table."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, echo
from vwd.meta.jsonl_tables import add_measures


@click.command(cls=VwdCommand)
@click.argument("video_folder", type=click.Path(path_type=Path))
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.pass_context
def main(ctx: click.Context, video_folder: Path, source: Path, output: Path) -> None:
    """Add num_frames, duration, width, height and fps to the lines of IN, whose paths are below VIDEO_FOLDER: OUT."""
    result = add_measures(video_folder, source, output)
    echo(f"{output}: {result.written:,} lines, {len(result.left_out):,} left out")
    for line in result.left_out:
        echo(f"{source}, {line}", err=True)
    for line in result.doubtful:
        echo(f"{source}, {line} (written)", err=True)
    if result.left_out and not result.written:
        ctx.exit(1)


if __name__ == "__main__":
    main()

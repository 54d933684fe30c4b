"""`python tools/open_sora_plan/recap_video.py VIDEO_FOLDER IN.jsonl OUT.jsonl`: captions by CogVLM2's servers."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, echo
from vwd.cli.meta.caption import Asked
from vwd.meta.jsonl_tables import recaption


@click.command(cls=VwdCommand)
@click.argument("video_folder", type=click.Path(path_type=Path))
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--servers", envvar="VWD_CAPTION_SERVERS", show_envvar=True,
    help="Addresses, with commas between.  [default: http://127.0.0.1, ports 5000 to 5007]",
)  # fmt: skip
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=300, show_default=True, help="Seconds.")
@click.pass_context
def main(
    ctx: click.Context, video_folder: Path, source: Path, output: Path, servers: str | None, timeout: float
) -> None:
    """Caption the videos of IN, whose paths are below VIDEO_FOLDER: the lines of OUT have text_cogvlm2, too."""
    asked = Asked("cogvlm2", servers, timeout=timeout)
    captioner, settings = asked.captioner()
    result = recaption(video_folder, source, output, captioner, settings, asked.column)
    echo(f"{output}: {result.written:,} lines, {len(result.left_out):,} left out")
    for line in result.left_out:
        echo(f"{source}, {line}", err=True)
    if any("blank" not in line for line in result.left_out):
        ctx.exit(1)


if __name__ == "__main__":
    main()

"""`torchrun --nproc_per_node 8 -m tools.scoring.aesthetic.inference TABLE`: as `vwd meta score`."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand
from vwd.cli.meta.score import CLIP, HEAD, score_table

# Of one frame, and of three: as parts of a video's length.
_PLACES = {1: (0.5,), 2: (0.25, 0.75), 3: (0.1, 0.5, 0.9)}


@click.command(cls=VwdCommand)
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--bs", type=click.IntRange(1), default=1024, show_default=True, help="Taken, and not needed.")
@click.option("--num_workers", "workers", type=click.IntRange(1), default=16, show_default=True, help="Threads.")
@click.option("--num_frames", "frames", type=click.IntRange(1, 3), default=3, show_default=True, help="Of each video.")
@click.option(
    "--backend", default="clip-linear", show_default=True, envvar="VWD_SCORE_BACKEND", show_envvar=True,
    help="clip-linear, or module:function of a frame.",
)  # fmt: skip
@click.option("--clip", type=click.Path(path_type=Path), default=CLIP, show_default=True, help="CLIP's weights.")
@click.option("--head", type=click.Path(path_type=Path), default=HEAD, show_default=True, help="The head's weights.")
def main(table: Path, bs: int, workers: int, frames: int, backend: str, clip: Path, head: Path) -> None:
    """Score the videos of TABLE; each process its share."""
    score_table(table, backend, clip, head, workers=workers, places=_PLACES[frames])


if __name__ == "__main__":
    main()

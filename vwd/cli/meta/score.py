"""`vwd meta score`: aesthetic scores."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, json_option
from vwd.cli.meta.common import TABLE, report, workers_option

CLIP, HEAD = Path("pretrained_models/ViT-L-14.pt"), Path("pretrained_models/aesthetic.pth")


@click.command(cls=VwdCommand)
@click.argument("table", type=TABLE)
@click.option("--backend", default="clip-linear", show_default=True, help="clip-linear, or module:function of a frame.")
@click.option("--clip", type=TABLE, default=CLIP, show_default=True, help="CLIP's weights.")
@click.option("--head", type=TABLE, default=HEAD, show_default=True, help="The linear head's weights.")
@click.option("--output", type=TABLE, help="Where the table goes.  [default: <table>_aes_part<rank>.csv]")
@workers_option
@json_option
def score(
    table: Path, backend: str, clip: Path, head: Path, output: Path | None, workers: int | None, as_json: bool
) -> None:
    """Add to each video of TABLE the mean score of its frames at 0.1, 0.5 and 0.9 of its length: the column aes.

    Under torchrun each process does its share. A video of which a frame cannot be read has no score.
    Running it again after an interruption resumes.
    """
    score_table(table, backend, clip, head, output, workers, as_json=as_json)


def score_table(
    table: Path, backend: str, clip: Path, head: Path, output: Path | None = None, workers: int | None = None,
    places: tuple[float, ...] = (0.1, 0.5, 0.9), as_json: bool = False,
) -> None:  # fmt: skip
    """Scores this rank's share, and tells how it went."""
    from vwd.cli.progress import Progress
    from vwd.errors import UsageError
    from vwd.meta.names import existing
    from vwd.meta.ranks import environment_rank
    from vwd.meta.score import FunctionScorer, Scorer, score_table
    from vwd.meta.tables import open_table

    settings = {"backend": backend}
    scorer: Scorer
    if backend == "clip-linear":
        from vwd.meta.clip_linear import ClipLinear

        scorer = ClipLinear(clip, head)
        settings |= {"clip": str(clip), "head": str(head)}
    elif ":" in backend:
        scorer = FunctionScorer(backend)
    else:
        raise UsageError(f"{backend}: there is no such `backend`", "Give clip-linear, or module:function.")
    table, rank = existing(table), environment_rank()
    total = len(rank.share(open_table(table).count))
    with Progress("score", total, "videos") as bar:
        output, done = score_table(table, scorer, settings, output, rank, workers, places, bar.add)
    report(table, output, done, as_json)

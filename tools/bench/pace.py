"""What each pace makes of real rows: how many are too long, and how many frames stand still after the last word.

python tools/bench/pace.py --rows FILE [FILE ...]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import get_args

from rows import corpus_of

from vwd.corpora.sample import Sample, Skip
from vwd.corpora.sources.open import open_file
from vwd.text.layout import lay_out
from vwd.text.spec import Pace
from vwd.text.storyboard import Storyboard
from vwd.video.fonts import Fonts
from vwd.video.spec import VideoSpec


def samples(path: Path, count: int) -> Iterator[Sample]:
    """The samples of the first rows."""
    rows = open_file(path)
    corpus = corpus_of(rows)
    schema = corpus.schema_for(rows.columns)
    for index, row in enumerate(rows.read(0, min(count, rows.count or 0))):
        if isinstance(sample := corpus.sample(row, index, schema), Sample):
            yield sample


def line(name: str, pace: Pace, boards: list[Storyboard | Skip]) -> str:
    """A line of the table; the frames are those of what is shown."""
    shown = [board for board in boards if isinstance(board, Storyboard)]
    last = median(board.words[-1].frame for board in shown)
    still = sum(board.frames - 1 - board.words[-1].frame for board in shown) / sum(board.frames for board in shown)
    return f"| {name} | `{pace}` | {len(boards):,} | {len(boards) - len(shown):,} | {last:.0f} | {still:.0%} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, nargs="+", required=True)
    parser.add_argument("--num-samples", type=int, default=1000, help="Rows of each file.")
    options = parser.parse_args()
    print("| rows | pace | rows | skipped | frame of the last word (median) | frames that stand still behind it |")
    print("|---|---|---:|---:|---:|---:|")
    for path in options.rows:
        found, fonts = list(samples(path, options.num_samples)), Fonts()
        for pace in get_args(Pace):
            spec = VideoSpec().storyboard_spec(pace=pace)
            print(line(path.stem, pace, [lay_out(sample, spec, fonts) for sample in found]))


if __name__ == "__main__":
    main()

"""Storyboards of real rows, for benchmarks: the corpus is told by the file's columns."""

from __future__ import annotations

from pathlib import Path

from vwd.corpora.registry import CORPORA, Corpus
from vwd.corpora.sample import Skip
from vwd.corpora.sources.open import open_file
from vwd.corpora.sources.rows import Rows
from vwd.errors import RowsError
from vwd.text.layout import lay_out
from vwd.text.storyboard import Storyboard
from vwd.video.fonts import Fonts
from vwd.video.spec import VideoSpec


def corpus_of(rows: Rows) -> Corpus:
    """The first corpus of the registry that these columns fit."""
    for corpus in CORPORA.values():
        if any(set(schema.columns) <= set(rows.columns) for schema in corpus.schemas):
            return corpus
    raise RowsError("no corpus has these columns", "Give rows of one that 'vwd datasets' lists.")


def storyboards(path: Path, count: int, spec: VideoSpec) -> list[Storyboard]:
    """The first `count` rows that have one."""
    rows = open_file(path)
    corpus = corpus_of(rows)
    schema, fonts = corpus.schema_for(rows.columns), Fonts()
    made: list[Storyboard] = []
    for index, row in enumerate(rows.read(0, rows.count or 0)):
        sample = corpus.sample(row, index, schema)
        storyboard = sample if isinstance(sample, Skip) else lay_out(sample, spec.storyboard_spec(), fonts)
        if not isinstance(storyboard, Skip):
            made.append(storyboard)
        if len(made) == count:
            break
    return made

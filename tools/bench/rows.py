"""Storyboards of real rows, for benchmarks. The file's columns identify the corpus."""

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
    """The first corpus in the registry that has these columns."""
    for corpus in CORPORA.values():
        if any(set(schema.columns) <= set(rows.columns) for schema in corpus.schemas):
            return corpus
    raise RowsError("no corpus has these columns", "Give rows of a corpus that 'vwd datasets' lists.")


def storyboards(path: Path, count: int, spec: VideoSpec) -> list[Storyboard]:
    """The first `count` storyboards; rows without one are skipped."""
    rows = open_file(path)
    corpus = corpus_of(rows)
    schema, fonts, page = corpus.schema_for(rows.columns), Fonts(), spec.storyboard_spec().for_language(corpus.language)
    boards: list[Storyboard] = []
    for index, row in enumerate(rows.read(0, rows.count or 0)):
        sample = corpus.sample(row, index, schema)
        storyboard = sample if isinstance(sample, Skip) else lay_out(sample, page, fonts)
        if not isinstance(storyboard, Skip):
            boards.append(storyboard)
        if len(boards) == count:
            break
    return boards

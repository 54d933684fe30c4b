"""The rows of an output that have no sample, from its ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from vwd.corpora.registry import CORPORA, own_corpus
from vwd.corpora.sources.open import open_given
from vwd.corpora.sources.rows import take
from vwd.shards.entry import SkippedRow
from vwd.shards.ledger import State, open_ledger
from vwd.shards.paths import OutputPaths

# Characters of a row that are shown.
_SHOWN = 300


def skipped_rows(paths: OutputPaths) -> Iterator[SkippedRow]:
    """Every skipped row of the complete shards, in the order of packing.

    Raises:
        OutputError: the `pack.json` is missing or unreadable.
    """
    for found in open_ledger(paths).read():
        if found.state is State.DONE and found.entry:
            yield from found.entry.skips


def texts_of(dataset: str, indices: Sequence[int], rows: Sequence[str]) -> dict[int, str]:
    """The beginning of rows, as JSON, by their numbers.

    Args:
        rows: the files that were packed.

    Raises:
        RowsError: a file is missing or broken.
    """
    wanted = sorted(set(indices))
    corpus = CORPORA.get(dataset) or own_corpus(dataset, "prompt", "answer", "en")
    read = take(open_given(rows, corpus), wanted)
    texts = (json.dumps(dict(row), ensure_ascii=False, default=str)[:_SHOWN] for row in read)
    return dict(zip(wanted, texts, strict=False))

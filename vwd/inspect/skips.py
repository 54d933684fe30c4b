"""The rows of an output that have no sample, from its ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from vwd.corpora.registry import CORPORA, Corpus, own_corpus
from vwd.corpora.sources.local import has_copy, open_copy
from vwd.corpora.sources.open import BUILTIN, DEFAULT_BASE_DIR, open_rows
from vwd.corpora.sources.rows import Rows, take
from vwd.errors import UsageError
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


def rows_at_hand(
    outputs: Sequence[OutputPaths], given: Sequence[str] = (), base_dir: Path = DEFAULT_BASE_DIR
) -> dict[str, Rows]:
    """The rows that were packed, by dataset: those given, the local copy or the built-in ones, whichever they are.

    Args:
        given: files, folders and patterns, as for packing; each may be of another dataset.

    Raises:
        UsageError: no dataset was packed from those that are given.
        RowsError: one is missing or broken.
    """
    found: dict[str, Rows] = {}
    used = not given
    for paths in outputs:
        source = dict(open_ledger(paths).contract.source)
        corpus = CORPORA.get(paths.dataset) or own_corpus(paths.dataset, "prompt", "answer", "en")
        every = [list(given), *([one] for one in given)] if given else []
        rows = next((rows for one in every if (rows := open_rows(corpus, one)).identity == source), None)
        used = used or rows is not None
        rows = rows or next((rows for rows in _kept(corpus, base_dir) if rows.identity == source), None)
        if rows:
            found[paths.dataset] = rows
    if not used:
        names = ", ".join(paths.dataset for paths in outputs)
        raise UsageError(
            f"`rows` {', '.join(given)}: {names} was packed from others, as the contract in pack.json says",
            "Give the files that were packed, unchanged.",
        )
    return found


def _kept(corpus: Corpus, base_dir: Path) -> Iterator[Rows]:
    """Rows that are there without being named."""
    if has_copy(base_dir, corpus.name):
        yield open_copy(base_dir, corpus.name, split=corpus.split)
    if corpus.name in CORPORA:
        yield open_rows(corpus, BUILTIN)


def texts_of(rows: Rows, indices: Sequence[int]) -> dict[int, str]:
    """The beginning of rows, as JSON, by their numbers.

    Raises:
        RowsError: a file is broken.
    """
    wanted = sorted(set(indices))
    texts = (json.dumps(dict(row), ensure_ascii=False, default=str)[:_SHOWN] for row in take(rows, wanted))
    return dict(zip(wanted, texts, strict=False))

"""Packing an output: its shards, then the sidecars. The command line, submitit and the finishing job all use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vwd.corpora.registry import Corpus
from vwd.corpora.sources.rows import Rows
from vwd.errors import VwdError
from vwd.index.write import write_index
from vwd.shards.ledger import Entry
from vwd.shards.pack import PackPlan, PackResult, pack_shards
from vwd.shards.paths import OutputPaths
from vwd.shards.settings import PackSettings
from vwd.shards.summary import write_summary


@dataclass(frozen=True)
class PackedOutput:
    """How packing went. `sidecar_error`: why the sidecars could not be written; the shards are complete anyway."""

    result: PackResult
    sidecar_error: VwdError | None = None


def pack_output(
    corpus: Corpus,
    rows: Rows,
    settings: PackSettings,
    on_plan: Callable[[PackPlan], None] = lambda plan: None,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> PackedOutput:
    """`pack_shards`, which see; when every shard of the slice is complete, the sidecars, too."""
    result = pack_shards(corpus, rows, settings, on_plan, on_rows)
    if not result.complete or result.failures:
        return PackedOutput(result)
    try:
        write_sidecars(result.paths, result.entries)
    except VwdError as error:
        return PackedOutput(result, error)
    return PackedOutput(result)


def finish_output(paths: OutputPaths, entries: Mapping[int, Entry], corpus_rows: int | None, torn: bool) -> None:
    """What the last job of a submission writes: the summary and, unless a shard is torn, the sidecars.

    Raises:
        OutputError: the output cannot be written.
    """
    write_summary(paths, list(entries.values()), corpus_rows)
    if not torn:
        write_sidecars(paths, entries)


def write_sidecars(paths: OutputPaths, entries: Mapping[int, Entry]) -> None:
    """The default sidecars of an output that holds samples.

    Raises:
        OutputError: they cannot be written.
    """
    if any(entry.samples for entry in entries.values()):
        write_index(paths, entries=entries)

"""Packing an output: its shards, then the sidecars. The command line, submitit and the finishing job all use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from vwd.corpora.registry import Corpus
from vwd.corpora.sources.rows import Rows
from vwd.errors import OutputError, VwdError
from vwd.index.write import write_index
from vwd.shards.content import Content
from vwd.shards.entry import Entry
from vwd.shards.pack import PackPlan, PackResult, pack_shards, resumed, text_videos
from vwd.shards.paths import OutputPaths
from vwd.shards.settings import PackSettings
from vwd.shards.summary import write_summary

# What to do where every row was skipped, by the commonest code.
_REMEDIES = {
    "bad_row": "Name the columns that hold text, `prompt_column` and `answer_column`, or allow more `max_row_bytes`.",
    "missing_glyph": "docs/languages.md says which scripts are drawn; 'vwd show --skips' names each row's character.",
    "prompt_too_long": "Give a larger `size`, a smaller `font_size`, or `prompt_overflow` spill.",
    "answer_too_long": "Give more `frames`, or `pace` fit, which shows several words a frame.",
    "excluded": "Leave out `exclude`, or give other rows.",
}


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
    """`pack_content` of a corpus's text videos.

    Raises: as `vwd.shards.pack.text_videos`, `resumed` and `pack_shards`.
    """
    settings = resumed(settings, corpus.name)
    return pack_content(text_videos(corpus, rows, settings), rows, settings, on_plan, on_rows)


def pack_content(
    content: Content,
    rows: Rows,
    settings: PackSettings,
    on_plan: Callable[[PackPlan], None] = lambda plan: None,
    on_rows: Callable[[int], None] = lambda rows: None,
    paths: OutputPaths | None = None,
) -> PackedOutput:
    """`pack_shards`, which see; when every shard of the slice is complete, the sidecars, too."""
    with _removed_if_made(settings.staging):
        result = pack_shards(content, rows, settings, on_plan, on_rows, paths)
        if not result.complete or result.failures:
            return PackedOutput(result)
        try:
            write_sidecars(result.paths, result.entries)
        except VwdError as error:
            return PackedOutput(result, error)
        return PackedOutput(result)


@contextmanager
def _removed_if_made(folder: Path | None) -> Iterator[None]:
    """Removes a folder that was made in the block, if it is empty; never one that was there."""
    existed = folder is None or folder.exists()
    try:
        yield
    finally:
        if folder and not existed:
            with suppress(OSError):
                folder.rmdir()


def empty_output(result: PackResult) -> VwdError | None:
    """Why an output whose every row was skipped is a failure; None where it holds samples, or rows are left to pack."""
    summary = result.summary
    if summary.samples or not summary.rows or result.failures:
        return None
    said, hint = _commonest_skip(result)
    return OutputError(f"{result.paths.folder}: all {summary.rows:,} rows were skipped {said}", hint)


def sparse_output(result: PackResult) -> VwdError | None:
    """What to know of an output of which more than half of the rows were skipped; None of others, and of empty ones."""
    summary = result.summary
    skipped = summary.rows - summary.samples
    if not summary.samples or skipped <= summary.samples:
        return None
    said, hint = _commonest_skip(result)
    return OutputError(f"{result.paths.folder}: {skipped:,} of {summary.rows:,} rows were skipped {said}", hint)


def _commonest_skip(result: PackResult) -> tuple[str, str]:
    """How many rows were skipped as what, with the first of the commonest code; and what to do about that code."""
    skips = result.summary.skips
    code = max(skips, key=lambda name: skips[name])
    first = next(skip for entry in result.entries.values() for skip in entry.skips if skip.code.value == code)
    counts = ", ".join(f"{name} {skips[name]:,}" for name in sorted(skips, key=lambda name: -skips[name]))
    return f"({counts}); row {first.index}: {first.detail}", remedy(code)


def remedy(code: str) -> str:
    """What to do where most rows are skipped with this code."""
    return _REMEDIES.get(code, "Check the rows, their columns and their language; 'vwd show --skips' lists each row.")


def finish_output(paths: OutputPaths, entries: Mapping[int, Entry], corpus_rows: int | None, torn: bool) -> None:
    """What the last job of a submission writes: the summary and, unless a shard is torn, the sidecars.

    Raises:
        OutputError: the output cannot be written.
    """
    write_summary(paths, list(entries.values()), corpus_rows)
    if not torn:
        write_sidecars(paths, entries)


def write_sidecars(paths: OutputPaths, entries: Mapping[int, Entry]) -> None:
    """The default sidecars of an output that holds samples, in a folder of its own.

    Raises:
        OutputError: they cannot be written.
    """
    if not paths.flat and any(entry.samples for entry in entries.values()):
        write_index(paths, entries=entries)

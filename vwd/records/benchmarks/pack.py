"""Packing unified JSONL as shards of images and conversations: the plan, ledger and resume of any output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vwd.corpora.registry import check_name
from vwd.corpora.sources.jsonl import open_jsonl
from vwd.corpora.sources.regular import check_regular
from vwd.corpora.sources.rows import file_errors
from vwd.errors import OutputError, RowsError
from vwd.limits import LARGEST_RECORD
from vwd.records.benchmarks.content import IDENTITY_COLUMNS, UnifiedRecords, is_unified, unified_identity
from vwd.records.duplicates import repeated_rows
from vwd.shards.pack import PackPlan, PackResult, pack_shards
from vwd.shards.settings import PackSettings


def pack_records(
    name: str,
    path: Path,
    out: Path,
    shard_size: int = 1000,
    num_workers: int = 1,
    on_plan: Callable[[PackPlan], None] = lambda plan: None,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> PackResult:
    """Packs a file of unified JSONL to `<out>/<name>/<name>-000000.tar`; running it again resumes.

    Raises:
        UsageError: the name cannot be a dataset's, or the shard size is none.
        RowsError: the file is missing, broken, or no unified JSONL.
        ContractError: the output was packed from other records, or with other settings.
        OutputError: the output cannot be written, or every record was skipped.
    """
    check_name(name)
    check_regular(path, "Give the file that 'vwd prepare' has written.")
    with file_errors(path):
        rows = open_jsonl(path, LARGEST_RECORD)
    if not is_unified(rows.columns):
        raise RowsError(
            f"{path}: not unified JSONL, but rows of {', '.join(rows.columns)}", "Make it by 'vwd prepare'."
        )
    content = UnifiedRecords(name, shard_size, repeated_rows(rows, unified_identity, IDENTITY_COLUMNS))
    settings = PackSettings(out=out, shard_size=shard_size, num_workers=num_workers, max_row_bytes=LARGEST_RECORD)
    result = pack_shards(content, rows, settings, on_plan, on_rows)
    if result.summary.rows and not result.summary.samples and not result.failures:
        first = next(skip for entry in result.entries.values() for skip in entry.skips)
        raise OutputError(
            f"{path}: all {result.summary.rows:,} records were skipped; line {first.index + 1}: {first.detail}",
            "Prepare them with `download_images`, and run this in the same folder; or mend the records.",
        )
    return result

"""Packing the rows of a group, in its shards and with its ledger, and marking it as complete."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from vwd.errors import VwdError
from vwd.limits import LARGEST_RECORD
from vwd.records.content import Records, load_readers
from vwd.records.conversion import ConvertSettings, GroupResult, Reports
from vwd.records.folders import Group
from vwd.records.keys import record_key
from vwd.records.restart import restart_if_changed
from vwd.records.scan import Scanned
from vwd.records.statistics import GroupCounts, count_group
from vwd.shards.pack import pack_shards
from vwd.shards.paths import PROGRESS_FOLDER, OutputPaths
from vwd.shards.settings import PackSettings
from vwd.storage.atomic import atomic_write
from vwd.storage.errors import output_errors

# `.progress/<group>.done`: the group's shards are complete.
_DONE = ".done"
# Where workers share a shard: some 16 MB, which are added to it while the next ones are decoded.
_PART_ROWS = 256


def load() -> None:
    """Loads what the workers need, beside what this module does."""
    load_readers()


def pack_group(group: Group, scanned: Scanned, settings: ConvertSettings, reports: Reports) -> GroupResult:
    """Packs what is left of a group.

    Raises:
        ContractError: its shards were made with other settings, or of other files.
        OutputError: the output folder cannot be written.
    """
    paths = _paths(settings.output_dir, group.name)
    rows = scanned.rows
    records = Records(paths.dataset, settings.samples_per_shard, settings.skip_invalid, scanned.repeated)
    restarted = restart_if_changed(paths, records.contract(rows))
    chosen = PackSettings(
        out=settings.output_dir, shard_size=settings.samples_per_shard, num_workers=settings.num_workers,
        max_row_bytes=LARGEST_RECORD, part_rows=_PART_ROWS,
    )  # fmt: skip
    result = pack_shards(records, rows, chosen, reports.on_plan, reports.on_rows, paths)
    counts = count_group(paths, tuple(result.entries.values()), rows.count)
    with output_errors(settings.output_dir, "and run again."):
        _mark(paths, counts if result.complete and not result.failures else None)
    return GroupResult(group.name, counts, result.built, result.failures, restarted=restarted)


def failed_group(group: Group, settings: ConvertSettings, error: VwdError) -> GroupResult:
    """Of a group that cannot be packed: it is not marked as complete any more; earlier runs may have made shards.

    Raises:
        OutputError: the output folder cannot be written.
    """
    paths = _paths(settings.output_dir, group.name)
    with output_errors(settings.output_dir, "and run again."):
        _mark(paths, None)
    return GroupResult(group.name, count_group(paths), error=error)


def _paths(output_dir: Path, name: str) -> OutputPaths:
    """Where the shards and the ledger of a group are."""
    key = record_key(name)
    return OutputPaths(output_dir, f"%{ord(key[0]):02X}{key[1:]}" if key[0] in "_-" else key, flat=True)


def _mark(paths: OutputPaths, counts: GroupCounts | None) -> None:
    """Writes the mark of a complete group, or removes that of one which is not."""
    path = paths.out / PROGRESS_FOLDER / f"{paths.dataset}{_DONE}"
    if counts is None:
        with suppress(FileNotFoundError):
            path.unlink()
        return
    with atomic_write(path, paths.temp) as file:
        file.write(f"valid_samples: {counts.valid}\ntotal_samples: {counts.rows}\n".encode())
    with suppress(OSError):  # another run may be using it
        paths.temp.rmdir()

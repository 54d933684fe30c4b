"""Converting a folder of Parquet files: the shards of each subfolder side by side, however many runs it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vwd.errors import ContractError, OutputError, RowsError, UsageError, VwdError
from vwd.limits import LARGEST_RECORD
from vwd.records.content import Records
from vwd.records.folders import Group, find_groups
from vwd.records.keys import record_key
from vwd.records.restart import restart_if_changed
from vwd.records.scan import scan_group
from vwd.records.statistics import GroupCounts, count_group, total
from vwd.shards.entry import Entry
from vwd.shards.pack import PackPlan, pack_shards
from vwd.shards.paths import PROGRESS_FOLDER, OutputPaths
from vwd.shards.settings import PackSettings
from vwd.shards.workers import Failure
from vwd.storage.atomic import atomic_write
from vwd.storage.errors import output_errors
from vwd.storage.urls import is_remote

# `.progress/<group>.done`: the group's shards are complete.
_DONE = ".done"
# Where workers share a shard: some 25 MB, which are added to it while the next ones are decoded.
_PART_ROWS = 256


@dataclass(frozen=True)
class ConvertSettings:
    """How a folder is converted.

    Attributes:
        samples_per_shard: at most; a shard is of so many rows, less those that are skipped.
        skip_invalid: whether rows with a fault are left out.
    """

    input_dir: Path
    output_dir: Path
    samples_per_shard: int = 10_000
    num_workers: int = 1
    skip_invalid: bool = True


@dataclass(frozen=True)
class GroupResult:
    """How the conversion of a group went. `counts` are of all runs; `built` and `failures` of this one.

    Attributes:
        name: of the subfolder.
        error: why nothing of it could be converted.
        restarted: whether an earlier run's shards were removed, as the files have changed since.
    """

    name: str
    counts: GroupCounts
    built: tuple[Entry, ...] = ()
    failures: tuple[Failure, ...] = ()
    error: VwdError | None = None
    restarted: bool = False


@dataclass(frozen=True)
class Reports:
    """What is called while a folder is converted."""

    on_group: Callable[[Group], None] = lambda group: None
    on_plan: Callable[[PackPlan], None] = lambda plan: None
    on_rows: Callable[[int], None] = lambda rows: None
    on_result: Callable[[GroupResult], None] = lambda result: None


def convert_folder(settings: ConvertSettings, reports: Reports | None = None) -> tuple[GroupResult, ...]:
    """Converts every group of Parquet files that is not complete yet; one that fails does not affect the others.

    Shards are `<output_dir>/<group>_000000.tar`. `.progress/` has a contract and a ledger for each group, and
    `<group>.done` with its counts once it is complete.

    Raises:
        UsageError: the input is no folder, or the settings cannot be.
        RowsError: it holds no Parquet file.
        OutputError: the output folder cannot be written.
    """
    if settings.samples_per_shard < 1:
        raise UsageError(f"`max_samples_per_shard` {settings.samples_per_shard}", "Give at least 1.")
    if is_remote(settings.output_dir):
        raise UsageError(f"`output_dir` {settings.output_dir} is not a folder", "Give a folder on a disk.")
    groups = find_groups(settings.input_dir)
    reports = reports or Reports()
    results = []
    for group in groups:
        reports.on_group(group)
        results.append(_convert(group, settings, reports))
        reports.on_result(results[-1])
    return tuple(results)


def nothing_converted(output_dir: Path, results: Sequence[GroupResult]) -> VwdError | None:
    """Why a conversion that made no sample is a failure; None where it made some."""
    counts = total(result.counts for result in results)
    if counts.valid or counts.kept:
        return None
    reasons = ", ".join(f"{code} {count:,}" for code, count in counts.reasons.most_common())
    return OutputError(
        f"{output_dir}: all {counts.rows:,} rows were skipped ({reasons})",
        "'--log-level debug' names each row as it is converted: mend the files, or give others.",
    )


def group_paths(output_dir: Path, name: str) -> OutputPaths:
    """Where the shards and the ledger of a group are."""
    key = record_key(name)
    return OutputPaths(output_dir, f"%{ord(key[0]):02X}{key[1:]}" if key[0] in "_-" else key, flat=True)


def _convert(group: Group, settings: ConvertSettings, reports: Reports) -> GroupResult:
    paths = group_paths(settings.output_dir, group.name)
    try:
        return _convert_rows(group, paths, settings, reports)
    except (OutputError, UsageError):
        raise  # of the disk or the options: the other groups fail, too
    except VwdError as error:
        with output_errors(settings.output_dir, "and run again."):
            _mark(paths, None)
        return GroupResult(group.name, count_group(paths), error=_advised(error))


def _advised(error: VwdError) -> VwdError:
    """An error with what to do about it here: those of rows and contracts name arguments of `vwd pack`."""
    if isinstance(error, RowsError):
        return RowsError(error.what, "Mend the file, or move it away, and run the same command again.")
    if isinstance(error, ContractError):
        return ContractError(error.what, "Give the same settings and files, or another `output_dir`.")
    return error


def _convert_rows(group: Group, paths: OutputPaths, settings: ConvertSettings, reports: Reports) -> GroupResult:
    scanned = scan_group(group, settings.num_workers)
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

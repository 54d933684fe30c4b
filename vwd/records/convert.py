"""Converting a folder of Parquet files: the shards of each subfolder side by side, however many runs it takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vwd.errors import ContractError, OutputError, RowsError, UsageError, VwdError
from vwd.records.conversion import ConvertSettings, GroupResult, Reports
from vwd.records.folders import Group, find_groups
from vwd.records.scan import scan_group
from vwd.storage.urls import is_remote


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
    from vwd.records.statistics import total

    counts = total(result.counts for result in results)
    if counts.valid or counts.kept:
        return None
    reasons = ", ".join(f"{code} {count:,}" for code, count in counts.reasons.most_common())
    return OutputError(
        f"{output_dir}: all {counts.rows:,} rows were skipped ({reasons})",
        "'--log-level debug' names each row as it is converted: mend the files, or give others.",
    )


def _convert(group: Group, settings: ConvertSettings, reports: Reports) -> GroupResult:
    try:
        scanned = scan_group(group, settings.num_workers, _load)
        from vwd.records.packing import pack_group

        return pack_group(group, scanned, settings, reports)
    except (OutputError, UsageError):
        raise  # of the disk or the options: the other groups fail, too
    except VwdError as error:
        from vwd.records.packing import failed_group

        return failed_group(group, settings, _advised(error))


def _load() -> None:
    """Loads what packs, which takes as long as hashing some hundred MB: other processes do that meanwhile."""
    from vwd.records.packing import load

    load()


def _advised(error: VwdError) -> VwdError:
    """An error with what to do about it here: those of rows and contracts name arguments of `vwd pack`."""
    if isinstance(error, RowsError):
        return RowsError(error.what, "Mend the file, or move it away, and run the same command again.")
    if isinstance(error, ContractError):
        return ContractError(error.what, "Give the same settings and files, or another `output_dir`.")
    return error

"""`vwd convert-parquet`: folders of Parquet files to shards of images and conversations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import LocalPath, VwdCommand, Workers, echo, json_option, print_error, print_json, with_flags

if TYPE_CHECKING:
    from vwd.cli.progress import Progress
    from vwd.records.conversion import GroupResult
    from vwd.records.folders import Group
    from vwd.records.statistics import GroupCounts
    from vwd.shards.pack import PackPlan

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

# The documented options have underscores; either is taken.
UNDERSCORES = {"token_normalize_func": lambda name: name.replace("_", "-")}


@click.command(cls=VwdCommand, name="convert-parquet", context_settings=UNDERSCORES)
@click.option(
    "--input-dir",
    type=LocalPath(),
    default="data/parquet",
    show_default=True,
    help="The folder whose subfolders hold the files.",
)
@click.option(
    "--output-dir",
    type=LocalPath(file_okay=False),
    default="data/webdataset",
    show_default=True,
    help="Where the shards go, as <subfolder>_000000.tar.",
)
@click.option(
    "--max-samples-per-shard", type=int, default=10_000, show_default=True,
    help="Rows a shard: its samples, and those that are skipped.",
)  # fmt: skip
@click.option(
    "--num-workers",
    type=Workers(),
    help="Worker processes.  [default: SLURM_CPUS_PER_TASK, else the CPUs this process may use]",
)
@click.option(
    "--skip-invalid/--no-skip-invalid", default=True, show_default=True,
    help="Leave out rows with a fault; or keep those that have an id of their own, with a field 'invalid'.",
)  # fmt: skip
@click.option("--resume", is_flag=True, help="Accepted; every run resumes.  [default: always]")
@click.option(
    "--log-level", type=click.Choice(_LEVELS, case_sensitive=False), default="INFO", show_default=True,
    help="DEBUG names each row with a fault; WARNING leaves out what goes as planned; ERROR all but failures.",
)  # fmt: skip
@json_option
@click.pass_context
def convert_parquet(ctx: click.Context, /, resume: bool, log_level: str, as_json: bool, **options: Any) -> None:
    """Convert folders of Parquet files to WebDataset shards of images and conversations.

    Rows have 'id', 'image' (bytes), 'conversations' and 'data_source'. Each sample is <id>.json and, where there is
    an image, <id>.jpg. The same command again resumes, and does a subfolder that failed over.
    """
    from vwd.records.conversion import ConvertSettings, Reports
    from vwd.records.convert import convert_folder, nothing_converted
    from vwd.shards.cpus import default_workers

    settings = ConvertSettings(
        input_dir=options["input_dir"],
        output_dir=options["output_dir"],
        samples_per_shard=options["max_samples_per_shard"],
        num_workers=options["num_workers"] or default_workers(),
        skip_invalid=options["skip_invalid"],
    )
    watcher = _Watcher(_LEVELS.index(log_level.upper()))
    reports = Reports(watcher.on_group, watcher.on_plan, watcher.on_rows, watcher.on_result)
    try:
        results = convert_folder(settings, reports)
    finally:
        watcher.close()
    if as_json:
        print_json(_to_json(settings.output_dir, results))
    else:
        _print_statistics(settings.output_dir, results)
    failed = any(result.error or result.failures for result in results)
    if not failed and (error := nothing_converted(settings.output_dir, results)):
        print_error(error.what, error.hint)
        failed = True
    if failed:
        ctx.exit(1)


class _Watcher:
    """What a run says on stderr while it works, by its level."""

    def __init__(self, level: int) -> None:
        self._level, self._name = level, ""
        self._bar: Progress | None = None

    def on_group(self, group: Group) -> None:
        self._name = group.name

    def on_plan(self, plan: PackPlan) -> None:
        from vwd.cli.progress import Progress

        if self._says("INFO"):
            complete = len(plan.shards) - len(plan.to_pack)
            echo(
                f"{self._name}: {len(plan.to_pack):,} shards to make, {complete:,} already complete, "
                f"{plan.rows_to_pack:,} rows", err=True,
            )  # fmt: skip
            self._bar = Progress(self._name, plan.rows_to_pack, "rows")

    def on_rows(self, count: int) -> None:
        if self._bar:
            self._bar.add(count)

    def on_result(self, result: GroupResult) -> None:
        self.close()
        if result.restarted and self._says("WARNING"):
            echo(f"{result.name}: its files have changed since its shards were begun; made anew", err=True)
        for entry in result.built if self._says("DEBUG") else ():
            for skip in entry.skips:
                echo(f"{result.name}: row {skip.index}: {skip.code.value}: {skip.detail}", err=True)
        if result.error:
            print_error(f"{result.name}: {result.error.what}", result.error.hint)
        for failure in result.failures:
            print_error(f"{result.name}, shard {failure.number}: {failure.what}", failure.hint)

    def close(self) -> None:
        if self._bar:
            self._bar.__exit__(None, None, None)
            self._bar = None

    def _says(self, level: str) -> bool:
        return self._level <= _LEVELS.index(level)


def _print_statistics(output_dir: Path, results: tuple[GroupResult, ...]) -> None:
    from vwd.records.statistics import total

    counts = total(result.counts for result in results)
    failed = [result.name for result in results if result.error or result.failures]
    kept = f", {counts.kept:,} of them kept" if counts.kept else ""
    echo(f"total samples    {counts.rows:,}")
    echo(f"valid samples    {counts.valid:,}")
    echo(f"invalid samples  {counts.invalid:,}{kept}")
    for code, count in sorted(counts.reasons.items()):
        echo(f"  {code}: {count:,}")
    echo(f"output folder    {output_dir}")
    echo(f"total shards     {counts.shards:,}")
    if failed:
        echo(f"not complete     {', '.join(failed)}: run the same command again once that is mended", err=True)


def _to_json(output_dir: Path, results: tuple[GroupResult, ...]) -> dict[str, Any]:
    from vwd.records.statistics import total

    return {
        **_counts(total(result.counts for result in results)),
        "output_dir": str(output_dir),
        "groups": [{"name": result.name, **_counts(result.counts)} for result in results],
        "failed": [
            {"group": result.name, "what": with_flags(what)}
            for result in results
            for what in [*([result.error.what] if result.error else []), *(f.what for f in result.failures)]
        ],
    }


def _counts(counts: GroupCounts) -> dict[str, Any]:
    return {
        "total": counts.rows,
        "valid": counts.valid,
        "invalid": counts.invalid,
        "kept": counts.kept,
        "reasons": dict(sorted(counts.reasons.items())),
        "shards": counts.shards,
        "left": counts.left,
    }

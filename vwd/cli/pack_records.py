"""`vwd pack-records`: unified JSONL to shards of images and conversations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vwd.cli.command import LocalPath, VwdCommand, Workers, echo, json_option, print_error, print_json, with_flags

if TYPE_CHECKING:
    from vwd.cli.progress import Progress
    from vwd.shards.pack import PackPlan


@click.command(cls=VwdCommand, name="pack-records")
@click.argument("dataset")
@click.option(
    "--rows",
    type=LocalPath(),
    required=True,
    help="A file of unified JSONL, as 'vwd prepare' writes it.",
)
@click.option("--shard-size", type=int, default=1000, show_default=True, help="Records a shard.")
@click.option(
    "--out", type=LocalPath(file_okay=False), default="shards", show_default=True,
    help="The output's base folder; the shards go to <out>/<dataset>.",
)  # fmt: skip
@click.option(
    "--num-workers",
    type=Workers(),
    help="Worker processes.  [default: SLURM_CPUS_PER_TASK, else the CPUs this process may use]",
)
@json_option
@click.pass_context
def pack_records(
    ctx: click.Context, dataset: str, rows: Path, shard_size: int, out: Path, num_workers: int | None, as_json: bool
) -> None:
    """Pack unified records, with their images, as the shards of DATASET.

    Each sample is a conversation of question and answer, and the image that the record names. 'vwd pack' makes text
    videos of the same file. The same command again resumes.
    """
    from vwd.cli.progress import Progress
    from vwd.records.benchmarks.pack import pack_records as pack
    from vwd.shards.cpus import default_workers

    bars: list[Progress] = []

    def start(plan: PackPlan) -> None:
        complete = len(plan.shards) - len(plan.to_pack)
        echo(f"{dataset}: {len(plan.to_pack):,} shards to make, {complete:,} already complete", err=True)
        bars.append(Progress(dataset, plan.rows_to_pack, "records"))

    try:
        workers = num_workers or default_workers()
        result = pack(dataset, rows, out, shard_size, workers, start, lambda count: bars[0].add(count))
    finally:
        for bar in bars:
            bar.__exit__(None, None, None)
    summary = result.summary
    if as_json:
        failed = [{"shard": f.number, "what": with_flags(f.what)} for f in result.failures]
        print_json({**summary.to_json(), "made": len(result.built), "failed": failed})
    else:
        skips = ", ".join(f"{code} {count:,}" for code, count in summary.skips.items()) or "none"
        echo(f"{result.paths.folder}")
        echo(f"  shards   {summary.shards:,} ({len(result.built):,} new)")
        echo(f"  records  {summary.rows:,}: {summary.samples:,} samples, skipped {skips}")
    for failure in result.failures:
        print_error(f"{result.paths.shard_name(failure.number)}: {failure.what}", failure.hint)
    if result.failures:
        ctx.exit(1)

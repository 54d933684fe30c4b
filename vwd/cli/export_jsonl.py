"""`vwd export-jsonl`: shards to the documented video folder and JSONL files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from vwd.cli.command import VwdCommand, json_option, output_argument, show_json


@click.command(cls=VwdCommand, name="export-jsonl")
@output_argument
@click.option(
    "--base-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default="export",
    show_default=True,
    help="Where <dataset>/video/ and the JSONL files go.",
)
@click.option(
    "--task",
    type=click.Choice(["inference", "rendering", "both"]),
    default="both",
    show_default=True,
    help="inference: the question alone; rendering: the question and its answer.",
)
@click.option("--start-idx", type=click.IntRange(0), default=0, show_default=True, help="First row.")
@click.option("--num-samples", type=click.IntRange(1), help="How many rows from there on.  [default: all]")
@json_option
@click.pass_context
def export_jsonl(
    ctx: click.Context, output: Path, base_dir: Path, task: str, start_idx: int, num_samples: int | None, as_json: bool
) -> None:
    """Unpack OUT to videos in a folder and JSONL files that point at them.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    One pair of JSONL files a shard, or one for the slice that --start-idx and --num-samples name.
    Running it twice changes nothing; after an interruption it goes on.
    """
    from vwd.cli.progress import Progress
    from vwd.export.jsonl import export_jsonl as export
    from vwd.inspect.status import status
    from vwd.shards.members import TASKS
    from vwd.shards.outputs import find_outputs

    tasks = TASKS if task == "both" else (task,)
    results = []
    for paths in find_outputs(output):
        total = status(paths).samples if paths.contract.is_file() else 0
        with Progress(f"{paths.dataset}: export", total, "samples") as bar:
            results.append(export(paths, base_dir, tasks, start_idx, num_samples, bar.add))
    if as_json:
        show_json([asdict(result) for result in results])
    for result in results:
        if not as_json:
            click.echo(
                f"{base_dir / result.dataset}: {result.samples:,} samples, {result.written:,} files written, "
                f"{result.unchanged:,} videos as they were"
            )
        for shard in result.left_out:
            click.echo(f"left out: {shard}; run 'vwd pack' again to make it", err=True)
    if any(result.left_out for result in results):
        ctx.exit(1)

"""`vwd verify`: compares every tar with the ledger."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, echo, json_option, output_argument, print_json


@click.command(cls=VwdCommand)
@output_argument
@click.option(
    "--num-workers",
    type=click.IntRange(1),
    help="Worker processes.  [default: SLURM_CPUS_PER_TASK, else the CPUs this process may use]",
)
@json_option
@click.pass_context
def verify(ctx: click.Context, output: Path, num_workers: int | None, as_json: bool) -> None:
    """Open every tar of OUT, and compare members, keys, counts, sha256 and video headers with the ledger.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    Exits with 1 and a list where something is wrong.
    """
    from vwd.cli.progress import Progress
    from vwd.inspect.verify import verify_output
    from vwd.shards.cpus import default_workers
    from vwd.shards.paths import entry_numbers, find_outputs

    results = []
    for paths in find_outputs(output):
        with Progress(f"{paths.dataset}: verify", len(entry_numbers(paths)), "shards") as bar:
            results.append(verify_output(paths, num_workers or default_workers(), bar.add))
    if as_json:
        print_json(
            [
                {"dataset": r.dataset, "shards": r.shards, "samples": r.samples,
                 "problems": [{"shard": p.shard, "what": p.what} for p in r.problems], "stale": list(r.stale)}
                for r in results
            ]
        )  # fmt: skip
    for result in results:
        if not as_json:
            count = len(result.problems) + len(result.stale)
            verdict = "clean" if not count else f"{count:,} problem(s)"
            echo(f"{result.dataset}: {result.shards:,} shards, {result.samples:,} samples: {verdict}")
            for problem in result.problems:
                echo(f"  {problem.shard}: {' '.join(problem.what.split())}")
            for name in result.stale:
                echo(f"  {name}: out of date")
    if any(result.problems for result in results):
        echo("Run 'vwd pack' with its settings and --check to pack these shards again.", err=True)
    if any(result.stale for result in results):
        echo("Run 'vwd index' with the same kinds to update these sidecars.", err=True)
    if not all(result.clean for result in results):
        ctx.exit(1)

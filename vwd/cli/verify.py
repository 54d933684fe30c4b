"""`vwd verify`: every tar against the ledger."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import VwdCommand, json_option, output_argument, show_json


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
    """Open every tar of OUT: members, keys, counts, sha256 and video headers against the ledger.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    Exits with 1 and a list where something is off.
    """
    from vwd.cli.progress import Progress
    from vwd.inspect.verify import verify as look
    from vwd.shards.ledger import entry_numbers
    from vwd.shards.outputs import find_outputs
    from vwd.shards.pack import default_workers

    results = []
    for paths in find_outputs(output):
        with Progress(f"{paths.dataset}: verify", len(entry_numbers(paths)), "shards") as bar:
            results.append(look(paths, num_workers or default_workers(), bar.add))
    if as_json:
        show_json(
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
            click.echo(f"{result.dataset}: {result.shards:,} shards, {result.samples:,} samples: {verdict}")
            for problem in result.problems:
                click.echo(f"  {problem.shard}: {problem.what}")
            for name in result.stale:
                click.echo(f"  {name}: is not what the ledger says")
    if any(result.problems for result in results):
        click.echo("Run 'vwd pack' with its settings and --check to make the named shards again.", err=True)
    if any(result.stale for result in results):
        click.echo("Run 'vwd index' with the same kinds to write the named sidecars again.", err=True)
    if not all(result.clean for result in results):
        ctx.exit(1)

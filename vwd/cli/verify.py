"""`vwd verify`: compares every tar with the ledger."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import LocalPath, Real, VwdCommand, Workers, echo, json_option, output_argument, print_json


@click.command(cls=VwdCommand)
@output_argument
@click.option(
    "--num-workers",
    type=Workers(),
    help="Worker processes.  [default: SLURM_CPUS_PER_TASK, else the CPUs this process may use]",
)
@click.option(
    "--decode",
    is_flag=True,
    help="Decode videos: each frame is the storyboard's and at its time, paper is white.  [default: off]",
)
@click.option("--read", is_flag=True, help="Read the text of videos back, and compare it.  [default: off]")
@click.option(
    "--sample-rate",
    type=Real(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    help="The share of samples that --decode and --read take; always the same ones.",
)
@click.option(
    "--save-failures",
    type=LocalPath(file_okay=False),
    help="A folder for a picture of each sample that --decode or --read finds wrong.  [default: none]",
)
@json_option
@click.pass_context
def verify(
    ctx: click.Context, output: Path, num_workers: int | None, decode: bool, read: bool, sample_rate: float,
    save_failures: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Open every tar of OUT, and compare members, keys, counts, sha256 and video headers with the ledger.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    Exits with 1 and a list where something is wrong.
    """
    from vwd.cli.progress import Progress
    from vwd.inspect.deep import DeepCheck
    from vwd.inspect.verify import verify_output
    from vwd.shards.cpus import default_workers
    from vwd.shards.paths import entry_numbers, find_outputs

    deep = DeepCheck(decode, read, sample_rate, save_failures)
    results = []
    for paths in find_outputs(output):
        with Progress(f"{paths.dataset}: verify", len(entry_numbers(paths)), "shards") as bar:
            results.append(verify_output(paths, num_workers or default_workers(), bar.add, deep))
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
    for advice in dict.fromkeys(result.advice for result in results if result.advice):
        echo(advice, err=True)
    if any(result.stale for result in results):
        echo("Run 'vwd index' with the same kinds to update these sidecars.", err=True)
    if not all(result.clean for result in results):
        ctx.exit(1)

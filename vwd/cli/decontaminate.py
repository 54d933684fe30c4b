"""`vwd decontaminate`: samples that share text with a benchmark, so that they can be left out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from vwd.cli.command import LocalPath, VwdCommand, echo, json_option, output_argument, print_json


@click.command(cls=VwdCommand)
@output_argument
@click.option(
    "--against", multiple=True, required=True, type=LocalPath(),
    help="A file of the benchmark's rows, of any columns; may be given several times.",
)  # fmt: skip
@click.option("--words", type=int, default=13, show_default=True, help="How many words in a row count as shared.")
@click.option(
    "--out", type=LocalPath(dir_okay=False), default="exclude.json", show_default=True,
    help="The report, with the rows that 'vwd pack --exclude' leaves out.",
)  # fmt: skip
@json_option
@click.pass_context
def decontaminate(
    ctx: click.Context, output: Path, against: tuple[Path, ...], words: int, out: Path, as_json: bool
) -> None:
    """Find the samples of OUT that share text with a benchmark's rows, and list their rows to be excluded.

    OUT is one dataset's folder, or a base folder that holds only one dataset.  [default: shards]
    Pack again with --exclude into another --out, so that the benchmark's questions stay out of training.
    """
    from vwd.cli.progress import Progress
    from vwd.errors import UsageError
    from vwd.inspect.decontaminate import Benchmark, write_exclusions
    from vwd.inspect.decontaminate import decontaminate as compare
    from vwd.inspect.status import output_status
    from vwd.shards.paths import find_outputs

    found = find_outputs(output)
    if len(found) > 1:
        raise UsageError(
            f"a list of rows is of one dataset, but {output} holds {len(found)}",
            f"Give one dataset's folder, such as {found[0].folder}.",
        )
    benchmark = Benchmark(words)
    for path in against:
        benchmark.add_file(path)
    (paths,) = found
    total = output_status(paths).samples if paths.contract.is_file() else 0
    with Progress(f"{paths.dataset}: compare", total, "samples") as bar:
        result = compare(paths, benchmark, bar.add)
    write_exclusions(paths, result, out)
    if as_json:
        print_json(asdict(result))
    else:
        echo(
            f"{paths.folder}: {len(result.matches):,} of {result.samples:,} samples share {words} words in a row with "
            f"one of {result.texts:,} texts; their rows are in {out}"
        )
        for match in result.matches[:10]:
            echo(f"  {match.key}  {match.against} row {match.against_row}: {match.shared}")
    for shard in result.left_out:
        echo(f"left out: {shard}", err=True)
    if result.unread:
        echo(f"not compared: {result.unread:,} rows of the benchmark, which cannot be read", err=True)
    if result.left_out or result.unread:
        ctx.exit(1)

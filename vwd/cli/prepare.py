"""`vwd prepare`: a benchmark as unified JSONL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vwd.cli.benchmark_options import benchmark_options
from vwd.cli.command import LocalPath, VwdCommand, echo, json_option, print_error, print_json
from vwd.cli.convert_parquet import UNDERSCORES

if TYPE_CHECKING:
    from vwd.records.benchmarks.manifest import Outcome


@click.command(cls=VwdCommand, context_settings=UNDERSCORES)
@click.option("--dataset", required=True, help="mmbench, mmbench_lite, mmmu or textvqa.")
@click.option("--subset", default="", help="A word of its files' names: a language or a config.  [default: none]")
@click.option(
    "--splits", default="train", show_default=True,
    help="With commas; train=dev writes train from the source's dev.",
)  # fmt: skip
@click.option(
    "--source", default="", help="A file, folder, address or hub id with its rows.  [default: the registry's]"
)
@click.option(
    "--download-images/--no-download-images", default=False, show_default=True,
    help="Store images as JPEG; without it records say in which row they are.",
)  # fmt: skip
@click.option("--max-samples", type=click.IntRange(1), help="Samples a split, by the seed.  [default: all]")
@click.option("--seed", type=int, default=42, show_default=True, help="Of the sample.")
@click.option("--streaming", is_flag=True, help="Take the first rows, and open no more files.  [default: off]")
@click.option(
    "--output-dir", type=LocalPath(file_okay=False), default="data/processed", show_default=True,
    help="Gets <dataset>/<dataset>_<split>.jsonl.",
)  # fmt: skip
@benchmark_options
@click.option("--num-proc", type=int, default=1, show_default=True, help="Accepted, and not used.")
@json_option
@click.pass_context
def prepare(ctx: click.Context, /, dataset: str, splits: str, as_json: bool, num_proc: int, **options: Any) -> None:
    """Write the splits of a benchmark as unified JSONL, with its images in one folder.

    Its rows come from --source, else from VWD_<DATASET>_PATH or VWD_HF_DATASET_ID_<DATASET>, else from --raw-root,
    else from the hub.
    """
    from vwd.records.benchmarks.prepare import PrepareSettings, prepare_split
    from vwd.records.benchmarks.registry import find_benchmark
    from vwd.records.benchmarks.run import image_folder
    from vwd.records.benchmarks.source import find_source
    from vwd.records.benchmarks.splits import Wanted

    benchmark = find_benchmark(dataset)
    source = find_source(benchmark, options["subset"], options["raw_root"], options["source"])
    wanted = [Wanted.parse(text) for text in splits.split(",") if text.strip()]
    for one in wanted:
        source.split(one.source)  # before anything is written
    settings = PrepareSettings(
        output_dir=options["output_dir"],
        image_dir=options["image_dir"] or image_folder(options["output_dir"]),
        subset=options["subset"],
        store_images=options["download_images"],
        max_samples=options["max_samples"],
        seed=options["seed"],
        streaming=options["streaming"],
        parquet=options["export_parquet"],
    )
    from vwd.records.benchmarks.manifest import Outcome

    outcomes = []
    for one in wanted:
        made = prepare_split(benchmark, source, one.name, settings, one.source)
        outcomes.append(Outcome(dataset, one.name, made=made))
        print_outcome(outcomes[-1], quiet=as_json)
    if as_json:
        print_json([outcome.to_json() for outcome in outcomes])


def print_outcome(outcome: Outcome, quiet: bool = False) -> None:
    """A split that was made, and which rows were left out; or why it failed."""
    if outcome.error:
        print_error(f"{outcome.dataset}, split {outcome.split}: {outcome.error.what}", outcome.error.hint)
        return
    from vwd.records.benchmarks.images import ROOTS_HINT

    made = outcome.made
    if made is None:
        return
    skips = ", ".join(f"{code} {count:,}" for code, count in sorted(made.skips.items()))
    if not quiet:
        echo(f"{made.path}: {made.written:,} records{f', left out {skips}' if skips else ''}")
    for text in made.missing:
        echo(f"  left out: {text}", err=True)
    if made.skips["image_missing"]:
        echo(f"  For images that are not found, {ROOTS_HINT}.", err=True)

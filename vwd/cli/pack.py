"""`vwd pack`: corpus rows to shards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import (
    LocalPath,
    OutputPath,
    VwdCommand,
    Workers,
    base_dir_option,
    corpus_names,
    echo,
    json_option,
    shards_option,
)
from vwd.cli.pack_report import report_packed
from vwd.cli.page_options import page_options, page_settings
from vwd.cli.rows_options import corpus_of, own_columns_options, text_form, text_form_options
from vwd.limits import LARGEST_MAX_ROW_BYTES, MAX_ROW_BYTES

if TYPE_CHECKING:
    from vwd.shards.pack import PackPlan
    from vwd.shards.settings import PackSettings


@click.command(cls=VwdCommand)
@click.argument("dataset", shell_complete=corpus_names)
@click.option("--shard-size", type=int, default=1000, show_default=True, help="Rows a shard.")
@click.option(
    "--out",
    type=OutputPath(),
    default="shards",
    show_default=True,
    help="The output's base folder, or s3://bucket/prefix (extra s3); the shards go to <out>/<dataset>.",
)
@click.option(
    "--staging",
    type=LocalPath(file_okay=False),
    help="With --out s3://…: the local folder where shards are written before the upload.  [default: one in TMPDIR]",
)
@click.option("--start-idx", type=int, help="First row; a multiple of the shard size.  [default: 0]")
@click.option("--num-samples", type=int, help="How many rows from there on.  [default: all]")
@shards_option
@click.option(
    "--num-workers",
    type=Workers(),
    help="Worker processes.  [default: SLURM_CPUS_PER_TASK, else the CPUs this process may use]",
)
@click.option(
    "--task", type=int, help="This task's number, from 0.  [default: from the Slurm array or Indexed Job, else 0]"
)
@click.option(
    "--num-tasks", type=int, help="Tasks that share the rows.  [default: from the Slurm array or Indexed Job, else 1]"
)
@click.option(
    "--rows",
    multiple=True,
    help="A file, folder or pattern of rows (JSON, CSV, Parquet, …), or 'builtin'; may be given several times.  "
    "[default: the local copy, else the hub]",
)
@click.option(
    "--split",
    default="",
    help="Another split of the corpus, such as test; its output is <out>/<dataset>_<split>.  [default: train]",
)
@own_columns_options
@click.option("--language", metavar="[en|ko|zh]", help="Your own rows: their language.  [default: none]")
@text_form_options
@click.option(
    "--force-language",
    is_flag=True,
    help="Pack rows that are clearly in another language than the corpus's or --language.  [default: off]",
)
@click.option(
    "--streaming", is_flag=True, help="Read the hub's rows as they come, without storing them.  [default: off]"
)
@base_dir_option
@click.option(
    "--encoder",
    type=click.Choice(["mpeg4", "opencv", "h264"]),
    default="mpeg4",
    show_default=True,
    help="mpeg4: mp4v composed directly, fastest; opencv: mp4v by OpenCV; h264: for browsers (extra h264).",
)
@click.option(
    "--quality",
    type=click.IntRange(1, 31),
    help="The quantiser of mpeg4: 1 is finest, 31 smallest.  [default: 3]",
)
@click.option(
    "--cache-mb",
    type=click.IntRange(1, 1_000_000),
    default=128,
    show_default=True,
    help="Megabytes that each worker's mpeg4 encoder may keep between videos; affects speed only.",
)
@page_options
@click.option(
    "--shuffle-seed",
    type=int,
    help="Shuffle the rows by this seed before they are sharded; keys keep the row's number.  [default: in order]",
)
@click.option(
    "--max-row-bytes",
    type=click.IntRange(1, LARGEST_MAX_ROW_BYTES),
    default=MAX_ROW_BYTES,
    show_default=True,
    help="Skip larger rows, unread: of a line in a file, or of the columns that are read.",
)
@click.option(
    "--sat-meta", is_flag=True, help="Give every sample an 'id' member, for CogVideoX's trainer.  [default: off]"
)
@click.option(
    "--caption-member",
    type=click.Choice(["txt"]),
    help="Give every sample a member with the prompt alone, as finetrainers and open_clip read it.  [default: none]",
)
@click.option(
    "--caption-task",
    type=click.Choice(["inference", "rendering"]),
    default="rendering",
    show_default=True,
    help="With --caption-member: whose prompt.",
)
@click.option(
    "--exclude",
    type=LocalPath(dir_okay=False),
    help="A list of rows not to pack, which 'vwd decontaminate' has written.  [default: none]",
)
@click.option(
    "--check",
    is_flag=True,
    help="Compare complete shards with their sha256 and checksums; pack again those that differ.  [default: off]",
)
@click.option(
    "--append",
    is_flag=True,
    help="The rows are those of the output and more behind them: add these to it.  [default: off]",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Lay the rows out, and say what packing them would give; packs nothing.  [default: off]",
)
@click.option(
    "--sample",
    type=click.IntRange(1),
    metavar="N",
    help="With --dry-run: look at N rows, evenly spaced.  [default: all]",
)
@json_option
@click.pass_context
def pack(ctx: click.Context, /, dataset: str, as_json: bool, **options: Any) -> None:
    """Render rows of DATASET and pack them as WebDataset shards.

    DATASET is a corpus that 'vwd datasets' lists, or any name for rows of your own: --rows and --language, with
    --prompt-column and --answer-column, or --text-column, or --messages-column. The same command again resumes where
    the last one stopped.
    """
    from vwd.cli.progress import Progress
    from vwd.corpora.sources.open import open_rows
    from vwd.errors import UsageError
    from vwd.packing import pack_output

    if options["sample"] and not options["dry_run"]:
        raise UsageError("--sample is for --dry-run", "Give `num_samples` to pack fewer rows.")
    corpus = corpus_of(dataset, options)
    settings = _settings(options)
    rows = open_rows(
        corpus, options["rows"], options["base_dir"], options["streaming"], options["max_row_bytes"], text_form(options)
    )
    if options["dry_run"]:
        from vwd.cli.dry_run import present_dry_run
        from vwd.inspect.dry_run import dry_run

        present_dry_run(ctx, dry_run(corpus, rows, settings, options["sample"]), settings, as_json)
        return
    bars: list[Progress] = []

    def start(plan: PackPlan) -> None:
        complete = len(plan.shards) - len(plan.to_pack)
        echo(
            f"{corpus.name}: {len(plan.to_pack):,} to pack, {complete:,} already complete, of {len(plan.shards):,} "
            f"shards; {settings.num_workers} worker(s), to {settings.out / corpus.name}", err=True,
        )  # fmt: skip
        bars.append(Progress(corpus.name, plan.rows_to_pack, "rows"))

    try:
        packed = pack_output(corpus, rows, settings, start, lambda count: bars[0].add(count))
    finally:
        for bar in bars:
            bar.__exit__(None, None, None)
    report_packed(ctx, packed, as_json)


def _settings(options: dict[str, Any]) -> PackSettings:
    from vwd.shards.cpus import default_workers
    from vwd.shards.exclusions import Exclusions, read_exclusions
    from vwd.shards.ranges import load_ranges
    from vwd.shards.settings import PackSettings

    task, num_tasks = _task(options)
    video, storyboard = page_settings(options)
    return PackSettings(
        out=options["out"],
        shard_size=options["shard_size"],
        start_idx=options["start_idx"] or 0,
        num_samples=options["num_samples"],
        shards=load_ranges(options["shards"]),
        task=task,
        num_tasks=num_tasks,
        num_workers=options["num_workers"] or default_workers(),
        check=options["check"],
        encoder=options["encoder"],
        quality=options["quality"],
        cache_mb=options["cache_mb"],
        shuffle_seed=options["shuffle_seed"],
        sat_meta=options["sat_meta"],
        caption=options["caption_task"] if options["caption_member"] else "",
        exclude=read_exclusions(options["exclude"]) if options["exclude"] else Exclusions(),
        staging=_staging(options),
        max_row_bytes=options["max_row_bytes"],
        force_language=options["force_language"],
        append=options["append"],
        video=video,
        storyboard=storyboard,
    )


def _staging(options: dict[str, Any]) -> Path | None:
    from vwd.errors import UsageError
    from vwd.storage.urls import is_remote

    staging: Path | None = options["staging"]
    if staging and not is_remote(options["out"]):
        raise UsageError("--staging is for an --out in object storage", "Leave it out, or give --out s3://bucket/….")
    return staging


def _task(options: dict[str, Any]) -> tuple[int, int]:
    """The task as given; else the array's, unless --start-idx already selects this task's rows."""
    from vwd.errors import UsageError
    from vwd.shards.plan import array_task

    if (options["task"] is None) != (options["num_tasks"] is None):
        raise UsageError("--task and --num-tasks go together", "Give both, or neither.")
    if options["task"] is not None:
        return options["task"], options["num_tasks"]
    found = array_task(os.environ) if options["start_idx"] is None else None
    if found:
        echo(f"Array: task {found[0]} of {found[1]}", err=True)
    return found or (0, 1)

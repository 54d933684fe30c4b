"""`vwd report`: a page that shows what is in an output."""

from __future__ import annotations

from pathlib import Path

import click

from vwd.cli.command import (
    LocalPath,
    VwdCommand,
    Workers,
    base_dir_option,
    echo,
    json_option,
    output_argument,
    print_json,
)


@click.command(cls=VwdCommand)
@output_argument
@click.option(
    "--samples", type=click.IntRange(1, 5000), default=200, show_default=True, help="How many samples the page shows."
)
@click.option(
    "--out",
    type=LocalPath(file_okay=False),
    default="report",
    show_default=True,
    help="The folder of the page and its media.",
)
@click.option(
    "--grade",
    type=LocalPath(dir_okay=False),
    metavar="FILE",
    help="Verdicts on generated videos, by key; see docs/report.md.  [default: none]",
)
@click.option(
    "--rows",
    multiple=True,
    help="The rows that were packed, to show the text of skipped ones.  [default: the local copy, or built-in rows]",
)
@base_dir_option
@click.option("--serve", is_flag=True, help="Serve the page on this machine, until Ctrl-C.  [default: off]")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of --serve.  [default: one that is free]")
@click.option(
    "--num-workers",
    type=Workers(),
    help="Threads that encode videos.  [default: SLURM_CPUS_PER_TASK, else the CPUs this process may use]",
)
@json_option
def report(
    output: Path,
    samples: int,
    out: Path,
    grade: Path | None,
    rows: tuple[str, ...],
    base_dir: Path,
    serve: bool,
    port: int,
    num_workers: int | None,
    as_json: bool,
) -> None:
    """Write a page that shows what is in OUT: totals, skipped rows, distributions, and samples that play.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    The page, index.html, needs no network and no server; its videos and posters are in a folder beside it. The videos
    are encoded again as H.264, which browsers play (extra h264).

    \b
    vwd report shards/gsm8k
    vwd report shards --samples 50 --serve
    """  # fmt: skip
    from vwd.cli.progress import Progress, format_size
    from vwd.inspect.skips import rows_at_hand
    from vwd.report.grades import read_grades
    from vwd.report.write import write_report
    from vwd.shards.cpus import default_workers
    from vwd.shards.paths import find_outputs

    grades = read_grades(grade) if grade else None
    found = find_outputs(output)
    at_hand = rows_at_hand(found, rows, base_dir)
    with Progress("report", samples, "samples") as bar:
        written = write_report(found, out, samples, grades, num_workers or default_workers(), bar.add, at_hand)
    if as_json:
        print_json(written.to_json())
    else:
        sizes = f"{format_size(written.page_bytes)}, media {format_size(written.media_bytes)}"
        echo(f"{written.page}: {written.samples:,} samples, {sizes}")
    if serve:
        _serve(out, port)


def _serve(folder: Path, port: int) -> None:
    from vwd.report.serve import LOOPBACK, report_server

    with report_server(folder, port) as server:
        echo(f"http://{LOOPBACK}:{server.server_port}/  until Ctrl-C", err=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return

"""`vwd status`: how far an output is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vwd.cli.command import VwdCommand, echo, json_option, output_argument, print_json

if TYPE_CHECKING:
    from vwd.inspect.status import Status


@click.command(cls=VwdCommand)
@output_argument
@json_option
def status(output: Path, as_json: bool) -> None:
    """Show how many shards of OUT are done, missing or torn, the rate, and the time left.

    OUT is the base folder that 'vwd pack --out' named, or one dataset's folder in it.  [default: shards]
    """
    from vwd.inspect.status import output_status
    from vwd.shards.paths import find_outputs

    found = [output_status(paths) for paths in find_outputs(output)]
    if as_json:
        print_json([one.to_json() for one in found])
        return
    for one in found:
        _show(one)


def _show(one: Status) -> None:
    from vwd.cli.progress import format_duration, format_size

    of_shards = f" of {one.shards:,}" if one.shards is not None else ""
    of_rows = f" of {one.corpus_rows:,}" if one.corpus_rows is not None else ""
    echo(one.dataset)
    echo(
        f"  shards   {one.done:,}{of_shards} done, {one.missing or 0:,} missing, {len(one.torn):,} torn"
        + (f", {len(one.foreign):,} foreign" if one.foreign else "")
    )
    echo(f"  rows     {one.rows:,}{of_rows}: {one.samples:,} samples, {format_size(one.bytes)}")
    if one.skips:
        skips = ", ".join(f"{code} {count:,}" for code, count in one.skips.items())
        echo(f"  skipped  {sum(one.skips.values()):,} ({skips}): 'vwd show --skips' lists them")
    if one.samples_per_second:
        done = one.corpus_rows is not None and one.rows >= one.corpus_rows
        left = (
            "done"
            if done
            else "more to come"
            if one.seconds_left is None
            else f"about {format_duration(one.seconds_left)} left"
        )
        echo(f"  rate     {one.samples_per_second:.1f} samples/s recently, {left}")
    if one.torn:
        echo(f"  torn     {', '.join(one.torn)}: 'vwd pack' packs them again")
    if foreign := [name for name in one.foreign if name not in one.surplus]:
        echo(f"  foreign  {', '.join(foreign)}: entries of other shards; 'vwd pack' packs them again")
    if one.surplus:
        echo(f"  foreign  {', '.join(one.surplus)}: no such shards; remove their entries and tars")
    if one.cut:
        echo(f"  cut      {', '.join(one.cut)} by --num-samples: a longer run completes them")

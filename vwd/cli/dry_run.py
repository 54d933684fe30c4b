"""`vwd pack --dry-run`: what packing would give, as lines or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from vwd.cli.command import echo, print_error, print_json, with_flags
from vwd.cli.progress import format_duration, format_size

if TYPE_CHECKING:
    from vwd.inspect.dry_run import DryRun
    from vwd.shards.settings import PackSettings


def present_dry_run(ctx: click.Context, found: DryRun, settings: PackSettings, as_json: bool) -> None:
    """Prints it; exits with 1 where no row would have a sample."""
    if as_json:
        print_json({**found.to_json(), "num_workers": settings.num_workers})
    else:
        _print(found, settings)
    if not found.samples:
        _refuse(found)
        ctx.exit(1)


def _refuse(found: DryRun) -> None:
    from vwd.packing import remedy

    what = f"{found.dataset}: none of {found.looked_at:,} rows that were looked at would have a sample"
    if not found.skips:
        print_error(what, "Check the rows.")
        return
    code = max(found.skips, key=lambda name: found.skips[name])
    first = found.examples[code][0]
    print_error(f"{what} ({code} {found.skips[code]:,}); row {first.index}: {first.detail}", with_flags(remedy(code)))


def _print(found: DryRun, settings: PackSettings) -> None:
    looked_at = "" if found.looked_at == found.rows else f", {found.looked_at:,} of them looked at"
    echo(f"{found.dataset}: nothing is packed; {found.rows:,} rows{looked_at}")
    share = found.samples / found.looked_at if found.looked_at else 0.0
    about = "" if found.looked_at == found.rows else "about "
    size = format_size(found.bytes)
    echo(f"  samples  {about}{round(share * found.rows):,} in {found.shards:,} shards, about {size}")
    skips = ", ".join(f"{code} {count:,}" for code, count in found.skips.items()) or "none"
    echo(f"  skipped  {found.looked_at - found.samples:,} ({skips})")
    for several in found.examples.values():
        for one in several:
            echo(f"           row {one.index:,}  {one.code.value}: {one.detail}")
    echo(f"  pages    {found.pages:.1f} a sample, {found.most_pages} at most")
    source = "as the ledger has it" if found.measured == "ledger" else "measured on a few rows"
    per_row = found.seconds / max(found.rows, 1) * 1000
    echo(f"  time     {format_duration(found.wall_seconds)}, {per_row:.1f} ms a row and worker, {source}")
    echo(f"  CPUs     {found.workers:,} of {settings.num_workers:,} worker(s) have rows to pack")
    if found.workers < settings.num_workers:
        echo(f"  note     {_idle(found)}")


def _idle(found: DryRun) -> str:
    if found.split:
        return f"there are too few rows for more: lower --num-workers to {max(found.workers, 1):,}"
    return "workers do not share a shard of a stream: lower --shard-size, or --num-workers"

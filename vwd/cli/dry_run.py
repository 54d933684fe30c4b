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
        print_json({**found.to_json(), "shards": _shards(found, settings), "workers": settings.num_workers})
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


def _shards(found: DryRun, settings: PackSettings) -> int:
    return -(-found.rows // settings.shard_size)


def _print(found: DryRun, settings: PackSettings) -> None:
    looked_at = "" if found.looked_at == found.rows else f", {found.looked_at:,} of them looked at"
    echo(f"{found.dataset}: nothing is packed; {found.rows:,} rows{looked_at}")
    share = found.samples / found.looked_at if found.looked_at else 0.0
    about = "" if found.looked_at == found.rows else "about "
    size = format_size(found.bytes)
    echo(f"  samples  {about}{round(share * found.rows):,} in {_shards(found, settings):,} shards, about {size}")
    skips = ", ".join(f"{code} {count:,}" for code, count in found.skips.items()) or "none"
    echo(f"  skipped  {found.looked_at - found.samples:,} ({skips})")
    for several in found.examples.values():
        for one in several:
            echo(f"           row {one.index:,}  {one.code.value}: {one.detail}")
    echo(f"  pages    {found.pages:.1f} a sample, {found.most_pages} at most")
    seconds = found.seconds / settings.num_workers
    source = "as the ledger has it" if found.measured == "ledger" else "measured on a few rows"
    per_row = found.seconds / max(found.rows, 1) * 1000
    echo(
        f"  time     {format_duration(seconds)} with {settings.num_workers} worker(s), {per_row:.1f} ms a row, {source}"
    )

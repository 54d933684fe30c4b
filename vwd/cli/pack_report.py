"""What was packed, as text or JSON: of `vwd pack` and `vwd pack-videos`."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

import click

from vwd.cli.command import echo, print_error, print_json, with_flags

if TYPE_CHECKING:
    from vwd.packing import PackedOutput
    from vwd.shards.pack import PackResult


def report_packed(ctx: click.Context, packed: PackedOutput, as_json: bool) -> None:
    """What was packed on stdout, problems on stderr. Exits with 1 where a shard failed."""
    from vwd.packing import empty_output

    result = packed.result
    if packed.sidecar_error:  # the shards are complete all the same
        echo(f"No sidecars: {with_flags(packed.sidecar_error.what)}", err=True)
        echo(with_flags(packed.sidecar_error.hint), err=True)
    if as_json:
        print_json(_to_json(result))
    else:
        _print_summary(result)
        _print_next(result)
    for failure in result.failures:
        print_error(f"{result.paths.shard_name(failure.number)}: {failure.what}", failure.hint)
        if ctx.meta.get("vwd.debug"):
            echo(failure.trace, err=True)
    if error := empty_output(result):
        print_error(error.what, error.hint)
    if result.failures or error:
        ctx.exit(1)


def _print_next(result: PackResult) -> None:
    """What comes next, for who is at a terminal; and a warning where most rows were skipped."""
    from vwd.packing import sparse_output

    summary, folder = result.summary, shlex.quote(str(result.paths.folder))
    if warning := sparse_output(result):
        code = max(summary.skips, key=lambda name: summary.skips[name])
        echo(f"Warning: {with_flags(warning.what)}", err=True)
        echo(with_flags(warning.hint), err=True)
        echo(f"'vwd show {folder} --skips --code {code}' lists them with the reason.", err=True)
    if result.complete and not result.failures and summary.samples and sys.stdout.isatty():
        echo()
        echo(f"Look at a sample   vwd preview {folder}")
        echo(f"Check every tar    vwd verify {folder}")


def _to_json(result: PackResult) -> dict[str, Any]:
    failed = [{"shard": result.paths.shard_name(f.number), "what": with_flags(f.what)} for f in result.failures]
    return {**result.summary.to_json(), "made": len(result.built), "failed": failed}


def _print_summary(result: PackResult) -> None:
    from vwd.cli.progress import format_size

    s = result.summary
    skips = ", ".join(f"{code} {count:,}" for code, count in s.skips.items()) or "none"
    of_all = f" of {s.corpus_rows:,}" if s.corpus_rows else ""
    echo(f"{result.paths.folder}")
    echo(f"  shards   {s.shards:,} ({len(result.built):,} new), {format_size(s.bytes)}")
    echo(f"  rows     {s.rows:,}{of_all}: {s.samples:,} samples, {s.rows - s.samples:,} skipped ({skips})")
    echo(f"  tokens   {s.prompt_tokens:,} in prompts, {s.answer_tokens:,} in answers (cl100k_base)")
    if s.kernels:
        echo(f"  kernel   {', '.join(f'{name} for {n:,} of {s.shards:,} shards' for name, n in s.kernels.items())}")
    if s.cache_hit_rate:
        echo(f"  cache    {', '.join(f'{rate:.1%} of {name}' for name, rate in s.cache_hit_rate.items())}")
    echo(f"  rate     {s.samples_per_second:.1f} samples/s a worker")
